import type { ExceptionSummary } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import styles from './QuietNote.module.css';

const AROUND_MS = 30 * 60_000;

/** Says so when nothing happened in the window, which is good news, and leads to the last occurrence. */
export function QuietNote({ items }: { readonly items: readonly ExceptionSummary[] }) {
  const { zoomTo } = useGlobalSearch();
  if (items.some((item) => item.count > 0)) return null;
  const last = items.map((item) => item.lastSeen).reduce((a, b) => (a > b ? a : b));
  const at = Date.parse(last);
  return (
    <p className={styles['note']}>
      No occurrences in this window. The last one was <TimeAgo at={last} />.
      <Button look="quiet" onClick={() => zoomTo({ from: at - AROUND_MS, to: at + AROUND_MS })}>
        Jump to it
      </Button>
    </p>
  );
}
