import { useState, type FormEvent } from 'react';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import box from '../exceptions/FilterBox.module.css';
import styles from './KeyBox.module.css';

/** The timelines that are merged, as chips; another one is added by its key. */
export function KeyBox({
  keys,
  onChange,
}: {
  readonly keys: readonly string[];
  readonly onChange: (keys: readonly string[]) => void;
}) {
  const [draft, setDraft] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const key = draft.trim();
    setDraft('');
    if (key !== '' && !keys.includes(key)) onChange([...keys, key]);
  };
  return (
    <form className={styles['keys']} onSubmit={submit}>
      <div className={box['box']}>
        <Icon name="search" />
        {keys.map((key) => (
          <button
            key={key}
            type="button"
            className={box['chip']}
            aria-label={`Remove ${key}`}
            onClick={() => onChange(keys.filter((other) => other !== key))}
          >
            {key}
            <Icon name="close" />
          </button>
        ))}
        <input
          className={box['input']}
          data-filter=""
          aria-label="Add a timeline"
          value={draft}
          placeholder="Add a timeline: service:tracks"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setDraft(event.target.value)}
        />
      </div>
      <Button type="submit" disabled={draft.trim() === ''}>
        Add
      </Button>
    </form>
  );
}
