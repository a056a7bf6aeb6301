export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong bg-panel px-1 font-sans text-xs text-ink-2">
      {children}
    </kbd>
  );
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
/** The modifier's name on this machine. */
export const modifier = isApple ? '⌘' : 'Ctrl';
