import { usePendingChord } from '../keyboard/useShortcuts.ts';
import { KeyNames } from './KeyNames.tsx';
import styles from './ChordHint.module.css';

/** After the first key of a chord: which keys may follow. */
export function ChordHint() {
  const pending = usePendingChord();
  if (pending === null) return null;
  return (
    <div className={styles['hint']} role="status">
      {pending.next.map(({ keys, label }) => (
        <span key={keys}>
          <KeyNames keys={keys.slice(pending.prefix.length + 1)} /> {label}
        </span>
      ))}
    </div>
  );
}
