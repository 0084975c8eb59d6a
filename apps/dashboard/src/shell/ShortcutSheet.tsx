import { Dialog } from 'radix-ui';
import { Button } from '../components/Button.tsx';
import dialog from '../components/dialog.module.css';
import { shortcuts } from '../keyboard/shortcuts.ts';
import { setPreferences, usePreferences } from '../theme/preferences.ts';
import { KeyNames } from './KeyNames.tsx';
import styles from './ShortcutSheet.module.css';

/** The shortcuts of the page that is open. */
export default function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const preferences = usePreferences();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialog['overlay']} />
        <Dialog.Content className={dialog['content']} aria-describedby={undefined}>
          <div className={dialog['head']}>
            <Dialog.Title className={dialog['title']}>Keyboard shortcuts</Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" icon="close" aria-label="Close" />
            </Dialog.Close>
          </div>
          <dl className={styles['list']}>
            {shortcuts.active().map(({ keys, label }) => (
              <div key={keys}>
                <dt>
                  <KeyNames keys={keys} />
                </dt>
                <dd>{label}</dd>
              </div>
            ))}
            <div>
              <dt>
                <kbd>Ctrl</kbd>
                <kbd>K</kbd>
              </dt>
              <dd>Command palette</dd>
            </div>
          </dl>
          <label className={styles['switch']}>
            <input
              type="checkbox"
              checked={preferences.shortcuts}
              onChange={(event) => setPreferences({ shortcuts: event.target.checked })}
            />
            Single-key shortcuts are on
          </label>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
