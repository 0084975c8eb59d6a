import { useEffect, useState } from 'react';
import { Icon } from '../components/Icon.tsx';
import styles from './EventFilter.module.css';

const TYPING_MS = 250;

/** One box for key, fields and text. Typing changes the address in place; Enter is a step in the history. */
export function EventFilter({
  query,
  onChange,
}: {
  readonly query: string;
  readonly onChange: (query: string, replace: boolean) => void;
}) {
  const [draft, setDraft] = useState(query);
  const [committed, setCommitted] = useState(query);
  if (query !== committed) {
    setCommitted(query);
    if (draft.trim() !== query) setDraft(query);
  }
  useEffect(() => {
    if (draft.trim() === query) return undefined;
    const timer = setTimeout(() => onChange(draft.trim(), true), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className={styles['box']}>
      <Icon name="search" />
      <span className="visuallyHidden">Filter events</span>
      <input
        data-filter=""
        value={draft}
        placeholder="Text, or field=value such as service=tracks"
        title="Terms apart by spaces, all must hold. field=value and field!=value compare a field; quotes keep spaces."
        spellCheck={false}
        autoComplete="off"
        maxLength={1024}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && onChange(draft.trim(), false)}
      />
    </label>
  );
}
