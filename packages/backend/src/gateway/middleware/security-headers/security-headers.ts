import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../../env.ts';

/** GitHub serves people's pictures from here, wherever its API is. */
const avatarOrigins = ['https://avatars.githubusercontent.com'];

/** `publicUrl`: where browsers reach the gateway; `githubWebUrl`: whose pictures may be shown. */
export function contentSecurityPolicy(options: { publicUrl: string; githubWebUrl: string }): string {
  const own = new URL(options.publicUrl);
  const socketOrigin = `${own.protocol === 'https:' ? 'wss' : 'ws'}://${own.host}`;
  const images = [...new Set([new URL(options.githubWebUrl).origin, ...avatarOrigins])];
  return [
    "default-src 'self'",
    `img-src 'self' data: ${images.join(' ')}`,
    // Components position themselves by style attributes and bring small style elements along.
    "style-src 'self' 'unsafe-inline'",
    // Syntax highlighting compiles its grammars' regular expressions to WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "font-src 'self' data:",
    `connect-src 'self' ${socketOrigin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Headers on every answer, errors included. HSTS only when the gateway is reached by https. */
export function securityHeaders(options: {
  publicUrl: string;
  githubWebUrl: string;
}): MiddlewareHandler<GatewayEnv> {
  const policy = contentSecurityPolicy(options);
  const isSecure = options.publicUrl.startsWith('https://');
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    headers.set('content-security-policy', policy);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'strict-origin-when-cross-origin');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=()');
    if (isSecure) headers.set('strict-transport-security', 'max-age=31536000; includeSubDomains');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}
