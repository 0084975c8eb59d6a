import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { streamsQuery } from '../api/eventQueries.ts';
import type { StreamInfo } from '../api/eventTypes.ts';
import { Sparkline } from '../charts/Sparkline.tsx';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import table from '../components/table.module.css';
import { TimeAgo } from '../components/Time.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { formatCount } from '../time/format.ts';
import { PublishSnippet } from './PublishSnippet.tsx';
import styles from './StreamsPage.module.css';

/** Every stream of events with its rate, its last event and how many are kept. */
export function StreamsPage() {
  const options = streamsQuery();
  const query = useQuery(options);
  usePageTitle('Events');
  return (
    <>
      <PageHead
        title="Events"
        facts="One stream for each type of event"
        actions={
          <Link to="/events/timeline" search={{ key: ['kind:deploy.finished'] }}>
            Timelines
          </Link>
        }
      />
      <QueryView query={query} queryKeys={[options.queryKey]} what="streams">
        {({ streams }) =>
          streams.length === 0 ? (
            <EmptyState title="No event has arrived yet">
              <p>A stream appears with its first event. This publishes one:</p>
              <PublishSnippet />
            </EmptyState>
          ) : (
            <StreamTable streams={streams} />
          )
        }
      </QueryView>
    </>
  );
}

function StreamTable({ streams }: { readonly streams: readonly StreamInfo[] }) {
  return (
    <Panel title={`${formatCount(streams.length)} streams`} flush>
      <div className={table['scroll']} tabIndex={0} role="region" aria-label="Table of streams">
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">Last 60 minutes</th>
              <th scope="col" data-numeric="true">
                Events/s
              </th>
              <th scope="col" data-numeric="true">
                Kept
              </th>
              <th scope="col" data-numeric="true">
                Since
              </th>
              <th scope="col" data-numeric="true">
                Last event
              </th>
            </tr>
          </thead>
          <tbody>
            {streams.map(({ name, count, firstAt, lastAt, ratePerSecond, sparkline }) => (
              <tr key={name}>
                <th scope="row">
                  <Link to="/events/$stream" params={{ stream: name }}>
                    {name}
                  </Link>
                </th>
                <td className={styles['trend']}>
                  <Sparkline counts={sparkline} />
                </td>
                <td data-numeric="true">{formatRate(ratePerSecond)}</td>
                <td data-numeric="true">{formatCount(count)}</td>
                <td data-numeric="true">
                  <TimeAgo at={firstAt} />
                </td>
                <td data-numeric="true">
                  <TimeAgo at={lastAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** `0`, `0.02`, `12.4`, `1,204`. */
function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.01) return '<0.01';
  return perSecond < 100 ? String(Number(perSecond.toPrecision(3))) : formatCount(Math.round(perSecond));
}
