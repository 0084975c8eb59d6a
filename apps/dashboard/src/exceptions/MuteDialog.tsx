import { Dialog } from 'radix-ui';
import { useState, type SyntheticEvent } from 'react';
import type { ExceptionSummary, MuteRequest } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import dialog from '../components/dialog.module.css';
import { plural } from '../time/format.ts';
import styles from './MuteDialog.module.css';

const HOUR_MS = 3_600_000;
const CHOICES = [
  { id: 'version', label: 'until a new version throws it' },
  { id: '1', label: 'for 1 hour' },
  { id: '24', label: 'for 24 hours' },
  { id: '168', label: 'for 7 days' },
  { id: 'count', label: 'until it happened this often:' },
  { id: 'forever', label: 'for good, until somebody unmutes it' },
] as const;

/** Until when to mute; Enter takes the first choice, so muting is two keys. */
export function MuteDialog({
  items,
  onMute,
  onClose,
}: {
  readonly items: readonly ExceptionSummary[];
  readonly onMute: (mute: MuteRequest) => void;
  readonly onClose: () => void;
}) {
  const [choice, setChoice] = useState<string>('version');
  const [count, setCount] = useState(100);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (choice === 'version') onMute({ newVersion: true });
    else if (choice === 'count') onMute({ count });
    else if (choice === 'forever') onMute({});
    else onMute({ until: new Date(Date.now() + Number(choice) * HOUR_MS).toISOString() });
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialog['overlay']} />
        <Dialog.Content className={dialog['content']} aria-describedby={undefined}>
          <Dialog.Title className={dialog['title']}>
            Mute {items.length === 1 ? items[0]!.class : plural(items.length, 'exception')}
          </Dialog.Title>
          <form onSubmit={submit}>
            <fieldset className={styles['choices']}>
              <legend>It stays out of the list and keeps being counted</legend>
              {CHOICES.map(({ id, label }) => (
                <label key={id}>
                  <input type="radio" name="until" checked={choice === id} onChange={() => setChoice(id)} />
                  {label}
                  {id === 'count' && (
                    <input
                      type="number"
                      aria-label="Occurrences"
                      min={1}
                      max={1_000_000_000}
                      value={count}
                      onFocus={() => setChoice('count')}
                      onChange={(event) => setCount(Math.max(1, event.target.valueAsNumber || 1))}
                    />
                  )}
                </label>
              ))}
            </fieldset>
            <div className={dialog['foot']}>
              <Button look="quiet" onClick={onClose}>
                Cancel
              </Button>
              <Button look="primary" icon="mute" type="submit">
                Mute
              </Button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
