import { avatarAddress } from '@foundry/client/avatar-address';
import { useState } from 'react';
import { classNames } from './class-names.ts';

interface AvatarProps {
  login: string;
  url: string | null;
  /** Edge in pixels. */
  size?: number;
  square?: boolean;
}

/** A person's or account's picture, or the first letter where there is none. Always beside the name, so hidden from readers. */
export function Avatar({ login, url, size = 20, square = false }: AvatarProps) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  const shape = classNames('shrink-0 select-none', square ? 'rounded-[5px]' : 'rounded-full');
  if (url === null || url === failedUrl) {
    return (
      <span
        aria-hidden
        className={classNames(
          shape,
          'inline-flex items-center justify-center bg-selected font-semibold text-ink-2 uppercase',
        )}
        style={{ width: size, height: size, fontSize: Math.max(9, size * 0.45) }}
      >
        {login.slice(0, 1)}
      </span>
    );
  }
  return (
    <img
      alt=""
      src={avatarAddress(url)}
      width={size}
      height={size}
      loading="lazy"
      className={classNames(shape, 'bg-selected object-cover')}
      style={{ width: size, height: size }}
      onError={() => setFailedUrl(url)}
    />
  );
}
