import type { ReactNode } from 'react';
import type { ExceptionSummary } from '../api/types.ts';
import { TimeAgo } from '../components/Time.tsx';
import { formatCount, formatDelta } from '../time/format.ts';
import styles from './ExceptionFacts.module.css';

/** Counts, times and coverage of an exception, as one ruled line of figures. */
export function ExceptionFacts({ item }: { readonly item: ExceptionSummary }) {
  const { answered, total } = item.coverage;
  const facts: readonly (readonly [string, ReactNode, string?])[] = [
    [
      'in window',
      formatCount(item.count),
      `${formatDelta(item.count - item.previousCount)} vs the one before`,
    ],
    ['in total', formatCount(item.totalCount)],
    ['first seen', <TimeAgo key="first" at={item.firstSeen} />],
    ['last seen', <TimeAgo key="last" at={item.lastSeen} />],
    [
      'coverage',
      `${answered}/${total}`,
      answered < total ? `▲ ${answered} of ${total} targets answered` : 'all targets answered',
    ],
  ];
  return (
    <dl className={styles['facts']}>
      {facts.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note !== undefined && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
