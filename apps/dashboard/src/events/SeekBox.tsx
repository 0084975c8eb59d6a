import { useState, type FormEvent } from 'react';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import box from '../components/SearchField.module.css';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatDateTime } from '../time/format.ts';
import type { TimeZone } from '../time/calendar.ts';
import { parseSeek, type Seek } from './seek.ts';
import styles from './SeekBox.module.css';

/** Goes to a place in the stream: its ends, a time, an offset. */
export function SeekBox({ seek, onSeek }: { readonly seek: Seek; readonly onSeek: (seek: Seek) => void }) {
  const { zone } = useGlobalSearch();
  const shown = seekText(seek, zone);
  const [draft, setDraft] = useState(shown);
  const [committed, setCommitted] = useState(shown);
  const [problem, setProblem] = useState(false);
  if (shown !== committed) {
    setCommitted(shown);
    setDraft(shown);
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = parseSeek(draft, Date.now(), zone);
    setProblem(wanted === null);
    if (wanted !== null) onSeek(wanted);
  };
  return (
    <form className={styles['seek']} onSubmit={submit}>
      <label className={box['box']} data-problem={problem}>
        <Icon name="clock" />
        <span className="visuallyHidden">Seek to a time or an offset</span>
        <input
          value={draft}
          placeholder="Seek: 14:40 or #1207"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={problem}
          aria-describedby={problem ? 'seek-problem' : undefined}
          onChange={(event) => {
            setDraft(event.target.value);
            setProblem(false);
          }}
        />
      </label>
      <Button aria-pressed={seek.kind === 'oldest'} onClick={() => onSeek({ kind: 'oldest' })}>
        Oldest
      </Button>
      <Button aria-pressed={seek.kind === 'newest'} onClick={() => onSeek({ kind: 'newest' })}>
        Newest
      </Button>
      {problem && (
        <p id="seek-problem" className={styles['problem']} role="alert">
          Not a time that has passed, nor an offset. Write 14:40, yesterday 9:00, 2h, a time stamp, or #1207.
        </p>
      )}
    </form>
  );
}

function seekText(seek: Seek, zone: TimeZone): string {
  if (seek.kind === 'time') return formatDateTime(Date.parse(seek.at), zone);
  return seek.kind === 'offset' ? `#${seek.offset}` : '';
}
