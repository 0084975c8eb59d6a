import type { ExceptionDetail } from '../api/types.ts';
import { Panel } from '../components/Panel.tsx';
import { TimeAgo } from '../components/Time.tsx';
import styles from './ActivityList.module.css';

/** What people and the server did about the exception, newest first, down to its first sight. */
export function ActivityList({ detail }: { readonly detail: ExceptionDetail }) {
  const entries = [...detail.activity, { at: detail.createdAt, action: 'first seen', by: '', detail: '' }];
  return (
    <Panel title="Activity">
      <ol className={styles['list']}>
        {entries.map(({ at, action, by, detail: more }, index) => (
          <li key={index}>
            <span>
              <b>{action}</b>
              {by !== '' && ` by ${by}`}
              {more !== '' && ` · ${more}`}
            </span>
            <TimeAgo at={at} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
