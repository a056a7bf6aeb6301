import { useSession } from '../task/session-context.ts';
import { announcement } from './announcement.ts';

export function Announcer() {
  const { items } = useSession();
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {announcement(items.at(-1))}
    </p>
  );
}
