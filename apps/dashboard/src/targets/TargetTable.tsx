import type { ReactNode } from 'react';
import type { Target } from '../api/types.ts';
import { CopyButton } from '../components/CopyButton.tsx';
import { Panel } from '../components/Panel.tsx';
import { HEALTH_TONE, HEALTH_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import table from '../components/table.module.css';
import { TimeAgo } from '../components/Time.tsx';
import { formatDurationMs } from '../time/format.ts';
import { LabelSet } from './LabelSet.tsx';
import styles from './TargetTable.module.css';

/** The targets of one service: health, last scrape, and the last error verbatim. */
export function TargetTable({
  title,
  targets,
  linkOf,
}: {
  readonly title: string;
  readonly targets: readonly Target[];
  /** Where more about a target is to be seen. */
  readonly linkOf?: (target: Target) => ReactNode;
}) {
  const up = targets.filter((target) => target.health === 'up').length;
  return (
    <Panel
      title={title}
      flush
      aside={
        <span className="mono">
          {up}/{targets.length} up
        </span>
      }
    >
      {targets.length === 0 ? (
        <p className={styles['none']}>No target of this service is known; it may push its exceptions.</p>
      ) : (
        <div className={table['scroll']} tabIndex={0} role="region" aria-label={`Targets of ${title}`}>
          <table className={`${table['table']} ${styles['table']}`}>
            <thead>
              <tr>
                <th scope="col">Health</th>
                <th scope="col">Instance</th>
                <th scope="col">Labels</th>
                <th scope="col" data-numeric="true">
                  Last scrape
                </th>
                <th scope="col" data-numeric="true">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {targets.map((target) => (
                <Row key={target.url} target={target} link={linkOf?.(target)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ target, link }: { readonly target: Target; readonly link: ReactNode }) {
  const { health, instance, url, labels, discoveredLabels, lastScrape, lastScrapeDurationMs, lastError } =
    target;
  return (
    <>
      <tr>
        <td>
          <StatusWord tone={HEALTH_TONE[health]} word={HEALTH_WORD[health]} />
        </td>
        <th scope="row" className={styles['instance']}>
          <a href={url} target="_blank" rel="noreferrer" title={url}>
            {instance}
          </a>
          {link !== undefined && <div className={styles['link']}>{link}</div>}
        </th>
        <td className={styles['labels']}>
          <details>
            <summary>
              <LabelSet labels={labels} inline />
            </summary>
            <h3>As discovered, before relabeling</h3>
            <LabelSet labels={discoveredLabels} />
          </details>
        </td>
        <td data-numeric="true">{lastScrape === null ? 'not yet' : <TimeAgo at={lastScrape} />}</td>
        <td data-numeric="true">
          {lastScrapeDurationMs === null ? '–' : formatDurationMs(lastScrapeDurationMs)}
        </td>
      </tr>
      {lastError !== null && (
        <tr className={styles['errorRow']}>
          <td colSpan={5}>
            <span className={styles['error']}>
              <code>{lastError}</code>
              <CopyButton label="Copy" text={lastError} />
            </span>
          </td>
        </tr>
      )}
    </>
  );
}

/** True when the text occurs in what the table shows of the target. */
export function matchesText({ service, url, instance, lastError, labels }: Target, text: string): boolean {
  const needle = text.trim().toLowerCase();
  const haystack = [
    service,
    url,
    instance,
    lastError ?? '',
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return haystack.some((part) => part.toLowerCase().includes(needle));
}
