import { useEffect } from 'react';

/** The tab's title while the component is mounted. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Foundry' : `${title} · Foundry`;
  }, [title]);
}
