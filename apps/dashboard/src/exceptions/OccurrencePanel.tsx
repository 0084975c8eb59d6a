import { getRouteApi } from '@tanstack/react-router';
import type { ErrorNode, ExceptionDetail, Occurrence } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { CopyButton } from '../components/CopyButton.tsx';
import { Panel } from '../components/Panel.tsx';
import { Instant, TimeAgo } from '../components/Time.tsx';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { HttpPanel } from './HttpPanel.tsx';
import { StackTrace } from './StackTrace.tsx';
import styles from './OccurrencePanel.module.css';

const route = getRouteApi('/exceptions/$svc/$key');

/** One kept occurrence in full, and the way to its neighbours. `occ` in the address names it. */
export function OccurrencePanel({ detail }: { readonly detail: ExceptionDetail }) {
  const { occ, frames } = route.useSearch();
  const navigate = route.useNavigate();
  const { samples } = detail;
  const found = samples.findIndex((sample) => sample.uuid === occ);
  const at = Math.max(0, found);
  const sample = samples[at];
  const goTo = (index: number): void => {
    const target = samples[index];
    if (target !== undefined) {
      void navigate({
        search: (before) => ({ ...before, occ: target.uuid }),
        replace: true,
        resetScroll: false,
      });
    }
  };
  useShortcuts([
    { keys: '[', label: 'Newer occurrence', run: () => goTo(at - 1) },
    { keys: ']', label: 'Older occurrence', run: () => goTo(at + 1) },
  ]);
  if (sample === undefined) {
    return (
      <Panel title="Occurrence">
        <p>Its clients keep no sample of it: only the counts are known.</p>
      </Panel>
    );
  }
  const showAll = frames === 'all';
  return (
    <>
      <Panel
        title="Occurrence"
        flush
        aside={
          <>
            <span className="mono" role="status">
              {at + 1} of {samples.length} kept
            </span>
            <Button
              look="quiet"
              icon="chevron-left"
              aria-label="Newer occurrence"
              title="Newer ([)"
              disabled={at === 0}
              onClick={() => goTo(at - 1)}
            />
            <Button
              look="quiet"
              icon="chevron-right"
              aria-label="Older occurrence"
              title="Older (])"
              disabled={at === samples.length - 1}
              onClick={() => goTo(at + 1)}
            />
          </>
        }
      >
        {occ !== undefined && found < 0 && (
          <p className={styles['gone']}>
            The occurrence of this link is no longer kept; this is the newest one.
          </p>
        )}
        <OccurrenceFacts sample={sample} />
        <div className={styles['tools']}>
          <label>
            <input
              type="checkbox"
              checked={showAll}
              onChange={(event) =>
                void navigate({
                  search: (before) => ({ ...before, frames: event.target.checked ? 'all' : undefined }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
            Framework frames
          </label>
          <CopyButton label="Copy raw" text={() => rawText(sample.error)} />
        </div>
        <ErrorSections key={sample.uuid} error={sample.error} showAll={showAll} />
      </Panel>
      {sample.http !== null && <HttpPanel key={sample.uuid} http={sample.http} />}
    </>
  );
}

function OccurrenceFacts({ sample }: { readonly sample: Occurrence }) {
  const { zone } = useGlobalSearch();
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    ['at', <Instant key="at" at={sample.timestamp} zone={zone} />],
    ['', <TimeAgo key="ago" at={sample.timestamp} />],
    ['instance', sample.instance],
    ['version', sample.version || '(none)'],
    ['severity', sample.severity],
    ['id', sample.uuid],
  ];
  return (
    <dl className={styles['facts']}>
      {facts.map(([name, value], index) => (
        <div key={index}>
          {name !== '' && <dt>{name}</dt>}
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The error and its causes, outermost first. */
function ErrorSections({ error, showAll }: { readonly error: ErrorNode; readonly showAll: boolean }) {
  return causes(error).map(({ class: name, message, stacktrace }, depth) => (
    <section key={depth} className={styles['section']} aria-label={depth === 0 ? 'Error' : `Cause ${depth}`}>
      {depth > 0 && <h3 className={styles['cause']}>Caused by</h3>}
      <p className={styles['error']}>
        <b>{name || '(no class)'}</b> {message}
      </p>
      <StackTrace stacktrace={stacktrace} showAll={showAll} />
    </section>
  ));
}

function causes(error: ErrorNode): ErrorNode[] {
  const chain: ErrorNode[] = [];
  for (let node: ErrorNode | null = error; node !== null; node = node.cause) chain.push(node);
  return chain;
}

function rawText(error: ErrorNode): string {
  return causes(error)
    .map(({ class: name, message, stacktrace }, depth) =>
      [`${depth === 0 ? '' : 'Caused by: '}${name}: ${message}`, ...(stacktrace ?? [])].join('\n'),
    )
    .join('\n\n');
}
