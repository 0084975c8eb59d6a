import { useEffect, useState } from 'react';
import { SearchField } from '../components/SearchField.tsx';

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
    <SearchField
      label="Filter events"
      value={draft}
      placeholder="Text, or field=value such as service=tracks"
      title="Terms apart by spaces, all must hold. field=value and field!=value compare a field; quotes keep spaces."
      maxLength={1024}
      onChange={setDraft}
      onKeyDown={(event) => event.key === 'Enter' && onChange(draft.trim(), false)}
    />
  );
}
