import { useEffect, useRef, useSyncExternalStore } from 'react';
import { shortcuts, type PendingChord, type Shortcut } from './shortcuts.ts';

/** Puts shortcuts in force while the component is on the screen. */
export function useShortcuts(list: readonly Shortcut[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const names = list.map(({ keys, label }) => `${keys}\t${label}`).join('\n');
  useEffect(() => {
    const stable = names
      .split('\n')
      .filter((name) => name !== '')
      .map((name) => {
        const [keys, label] = name.split('\t') as [string, string];
        return { keys, label, run: () => latest.current.find((shortcut) => shortcut.keys === keys)?.run() };
      });
    return shortcuts.register(stable);
  }, [names]);
}

/** The chord that waits for its second key. */
export function usePendingChord(): PendingChord | null {
  return useSyncExternalStore(
    (listener) => shortcuts.subscribe(listener),
    () => shortcuts.pending(),
  );
}
