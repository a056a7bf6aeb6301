import { useCallback, useSyncExternalStore } from 'react';

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Room for the sidebar beside the page. */
export const useHasSidebar = () => useMedia('(min-width: 768px)');
/** Room for the changes beside the conversation. */
export const useIsWide = () => useMedia('(min-width: 1120px)');
