import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useLive } from '../api/changes.ts';
import { ApiError } from '../api/http.ts';
import { exceptionQuery } from '../api/queries.ts';
import type { ExceptionDetail } from '../api/types.ts';
import { TimeAxisScope } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { CopyButton } from '../components/CopyButton.tsx';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import { STATUS_TONE, STATUS_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { useRefreshNow } from '../shell/autoRefresh.ts';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { resolveRange } from '../time/timeRange.ts';
import { useExceptionActions } from './actions.ts';
import { ActivityList } from './ActivityList.tsx';
import { ExceptionFacts } from './ExceptionFacts.tsx';
import { exceptionId } from './exceptionId.ts';
import { segmentToKey } from './keySegment.ts';
import { MuteDialog } from './MuteDialog.tsx';
import { OccurrencePanel } from './OccurrencePanel.tsx';
import { OccurrencesGraph } from './OccurrencesGraph.tsx';
import { Shares } from './Shares.tsx';
import { useStatusOverrides } from './statusOverrides.ts';
import styles from './ExceptionPage.module.css';

const route = getRouteApi('/exceptions/$svc/$key');

/** One exception: what it is, when it happens, where, and an occurrence in full. */
export function ExceptionPage() {
  const { svc, key: segment } = route.useParams();
  const key = segmentToKey(segment);
  const id = exceptionId(svc, key);
  const { window } = useGlobalSearch();
  const options = exceptionQuery(id, window);
  const query = useQuery(options);
  usePageTitle(query.data?.class ?? key);
  if (query.data === undefined && query.error instanceof ApiError && query.error.status === 404) {
    return (
      <>
        <PageHead title="No such exception" />
        <EmptyState title={`${svc} has no exception with this key`}>
          <p>
            <code>{key}</code> was never reported by{' '}
            <Link to="/services/$svc" params={{ svc }}>
              {svc}
            </Link>
            , or it was removed.
          </p>
        </EmptyState>
      </>
    );
  }
  return (
    <QueryView query={query} queryKeys={[options.queryKey]} what="this exception" rows={14}>
      {(detail) => <Detail detail={detail} fetchedAt={query.dataUpdatedAt} />}
    </QueryView>
  );
}

function Detail({ detail, fetchedAt }: { readonly detail: ExceptionDetail; readonly fetchedAt: number }) {
  const { window, zone } = useGlobalSearch();
  const item = useStatusOverrides()(detail, fetchedAt);
  const [muting, setMuting] = useState(false);
  const act = useExceptionActions();
  const resolved = item.status === 'resolved';
  const settle = (): void => void act([item], resolved ? 'reopen' : 'resolve');
  useShortcuts([
    { keys: 'e', label: resolved ? 'Reopen' : 'Resolve', run: settle },
    { keys: 's', label: 'Mute', run: () => setMuting(true) },
  ]);
  const range = resolveRange(window, fetchedAt, zone);
  return (
    <article>
      <header className={styles['head']}>
        <div className={styles['line']}>
          <StatusWord tone={STATUS_TONE[item.status]} word={STATUS_WORD[item.status]} tinted />
          <span className={styles['severity']}>{item.severity}</span>
          <StatusNote item={item} />
        </div>
        <PageHead
          title={item.class || '(no class)'}
          actions={
            <>
              <NewOccurrences id={item.id} since={fetchedAt} />
              <Button look={resolved ? 'plain' : 'primary'} icon="resolve" hint="e" onClick={settle}>
                {resolved ? 'Reopen' : 'Resolve'}
              </Button>
              {item.status === 'muted' ? (
                <Button icon="mute" onClick={() => void act([item], 'unmute')}>
                  Unmute
                </Button>
              ) : (
                <Button icon="mute" hint="s" onClick={() => setMuting(true)}>
                  Mute…
                </Button>
              )}
            </>
          }
        />
        <p className={styles['message']}>{item.message}</p>
        <p className={styles['key']}>
          in{' '}
          <Link to="/services/$svc" params={{ svc: item.service }}>
            {item.service}
          </Link>{' '}
          · key <code>{item.key === '' ? '(empty)' : item.key}</code>
          <CopyButton text={item.key} label="Copy key" />
        </p>
      </header>
      <TimeAxisScope range={range} zone={zone} ticks={8}>
        <div className={styles['columns']}>
          <div className={styles['wide']}>
            <Panel title="Occurrences" flush>
              <ExceptionFacts item={item} />
              <OccurrencesGraph id={item.id} detail={item} />
            </Panel>
          </div>
          <div className={styles['main']}>
            <OccurrencePanel detail={detail} />
          </div>
          <aside className={styles['side']} aria-label="About this exception">
            <Shares
              title="Versions"
              rows={item.byVersion.map(({ version, totalCount, firstSeen }) => ({
                name: version || '(none)',
                count: totalCount,
                note: (
                  <>
                    first seen <TimeAgo at={firstSeen} />
                  </>
                ),
              }))}
            />
            <Shares
              title="Instances"
              rows={item.byInstance.map(({ instance, totalCount, up, lastSeen }) => ({
                name: instance,
                count: totalCount,
                note: up ? (
                  <>
                    last seen <TimeAgo at={lastSeen} />
                  </>
                ) : (
                  '■ gone or down'
                ),
              }))}
            />
            {Object.keys(item.labels).length > 0 && (
              <Panel title="Labels">
                <dl className={styles['labels']}>
                  {Object.entries(item.labels).map(([name, value]) => (
                    <div key={name}>
                      <dt>{name}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
                </dl>
              </Panel>
            )}
            <ActivityList detail={item} />
          </aside>
        </div>
      </TimeAxisScope>
      {muting && (
        <MuteDialog
          items={[item]}
          onClose={() => setMuting(false)}
          onMute={(mute) => {
            void act([item], 'mute', mute);
            setMuting(false);
          }}
        />
      )}
    </article>
  );
}

function StatusNote({ item }: { readonly item: ExceptionDetail }) {
  if (item.status === 'muted' && item.mute !== null) {
    const { until, count, version, by } = item.mute;
    return (
      <span>
        {until !== null && (
          <>
            until <TimeAgoOrAhead at={until} />
          </>
        )}
        {count !== null && <>until it happened {count} times</>}
        {version !== null && <>until a version after {version}</>}
        {until === null && count === null && version === null && <>for good</>} by {by}
      </span>
    );
  }
  if (item.status === 'regressed' && item.regression !== null) {
    const { at, version, kind } = item.regression;
    return (
      <span>
        came back <TimeAgo at={at} /> in{' '}
        {kind === 'new_version' ? 'a new version' : 'an old version that still runs'}, {version || '(none)'}
      </span>
    );
  }
  if (item.status === 'resolved' && item.resolvedAt !== null) return <TimeAgo at={item.resolvedAt} />;
  return null;
}

function TimeAgoOrAhead({ at }: { readonly at: string }) {
  return <time dateTime={at}>{at.slice(0, 16).replace('T', ' ')} UTC</time>;
}

/** Occurrences that arrived since the page was fetched wait behind a button, so that nothing moves while one reads. */
function NewOccurrences({ id, since }: { readonly id: string; readonly since: number }) {
  const refreshNow = useRefreshNow();
  const at = useLive(({ counted, appeared }) => Math.max(counted.get(id) ?? 0, appeared.get(id)?.at ?? 0));
  if (at <= since) return null;
  return (
    <Button icon="refresh" onClick={refreshNow}>
      New occurrences
    </Button>
  );
}
