import { useEffect, type ReactNode } from 'react';
import styles from './PageHead.module.css';

/** Title of a page, a line of facts about it, and what can be done on it. */
export function PageHead({
  title,
  facts,
  actions,
}: {
  readonly title: ReactNode;
  readonly facts?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={styles['head']}>
      <h1>{title}</h1>
      {facts !== undefined && <p className={styles['facts']}>{facts}</p>}
      {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
    </div>
  );
}

/** Names the tab of the browser. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Binnacle`;
  }, [title]);
}
