import type { ExceptionSummary } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { plural } from '../time/format.ts';
import styles from './BulkBar.module.css';

/** What can be done with the selected rows. */
export function BulkBar({
  chosen,
  onResolve,
  onMute,
  onClear,
}: {
  readonly chosen: readonly ExceptionSummary[];
  readonly onResolve: () => void;
  readonly onMute: () => void;
  readonly onClear: () => void;
}) {
  const allResolved = chosen.every((item) => item.status === 'resolved');
  return (
    <div className={styles['bar']} role="toolbar" aria-label="Selected exceptions">
      <b role="status">{plural(chosen.length, 'exception')} selected</b>
      <Button look="primary" icon="resolve" hint="e" onClick={onResolve}>
        {allResolved ? 'Reopen' : 'Resolve'}
      </Button>
      <Button icon="mute" hint="s" onClick={onMute}>
        Mute…
      </Button>
      <Button look="quiet" icon="close" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
