import { useEffect, useState } from 'react';
import { Button } from '../components/Button.tsx';
import { StatusGlyph } from '../components/StatusGlyph.tsx';
import { dismissNotice, undoLast, useNotice } from '../exceptions/actions.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import styles from './NoticeBar.module.css';

/** A notice goes after this long, unless the pointer or the focus is on it. */
const SHOWN_MS = 6000;

/** What was just done, at the bottom, with Undo. Politely announced; failures assertively. */
export function NoticeBar() {
  const notice = useNotice();
  const [held, setHeld] = useState(false);
  const id = notice?.id;
  useEffect(() => {
    if (id === undefined || held) return undefined;
    const timer = setTimeout(() => dismissNotice(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, held]);
  useShortcuts([{ keys: 'z', label: 'Undo', run: () => void undoLast() }]);
  return (
    <div
      className={styles['place']}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div role="status">
        {notice !== null && !notice.failed && (
          <div className={styles['notice']} key={notice.id}>
            <span>{notice.text}</span>
            {notice.undo !== null && (
              <Button look="quiet" icon="undo" hint="z" onClick={() => void undoLast()}>
                Undo
              </Button>
            )}
          </div>
        )}
      </div>
      <div role="alert">
        {notice?.failed === true && (
          <div className={styles['notice']} key={notice.id}>
            <StatusGlyph tone="error" />
            <span>{notice.text}</span>
            <Button look="quiet" icon="close" aria-label="Dismiss" onClick={() => dismissNotice(notice.id)} />
          </div>
        )}
      </div>
    </div>
  );
}
