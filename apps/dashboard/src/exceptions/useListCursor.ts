import { useEffect, useRef, useState } from 'react';

const URL_DELAY_MS = 200;

/**
 * The row that the keyboard is on. The address (`selected`) follows a little later, since browsers refuse a history
 * that changes with every key repeat; a change of the address moves the cursor.
 */
export function useListCursor(selected: string | undefined, onCursor: (id: string) => void) {
  const [cursor, setCursor] = useState(selected);
  const [seen, setSeen] = useState(selected);
  if (selected !== seen) {
    setSeen(selected);
    setCursor(selected);
  }
  useEffect(() => {
    if (cursor === undefined || cursor === selected) return undefined;
    const timer = setTimeout(() => onCursor(cursor), URL_DELAY_MS);
    return () => clearTimeout(timer);
  });

  // The row may not be drawn yet when the cursor moves to it: the focus follows as soon as it is.
  const wantsFocus = useRef(false);
  useEffect(() => {
    const row = wantsFocus.current ? document.getElementById(`row-${cursor}`) : null;
    if (row === null) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });
  const moveTo = (id: string): void => {
    wantsFocus.current = true;
    setCursor(id);
  };
  return { cursor, setCursor, moveTo };
}
