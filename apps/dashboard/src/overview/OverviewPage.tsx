import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery, servicesQuery } from '../api/queries.ts';
import type { ExceptionPage, ExceptionSummary, ServiceSummary } from '../api/types.ts';
import { TimeAxisScope } from '../charts/TimeAxis.tsx';
import { Panel } from '../components/Panel.tsx';
import { QueryView } from '../components/States.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { useStatusOverrides } from '../exceptions/statusOverrides.ts';
import { FirstSteps } from '../help/FirstSteps.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, plural } from '../time/format.ts';
import { ExceptionTable } from './ExceptionTable.tsx';
import styles from './OverviewPage.module.css';
import { ScoreSheet } from './ScoreSheet.tsx';
import { rankServices } from './serviceState.ts';

const SHOWN = 8;

/** Every service on one time axis, the worst first, and what is new or rising. */
export function OverviewPage() {
  const { window } = useGlobalSearch();
  const options = [overviewQuery(window), servicesQuery(window)] as const;
  const exceptions = useQuery(options[0]);
  const services = useQuery(options[1]);
  usePageTitle('Overview');
  // The two answers draw one picture: it waits for both, and shows the error of either.
  const both = {
    ...services,
    data:
      services.data !== undefined && exceptions.data !== undefined
        ? { services: services.data.services, page: exceptions.data }
        : undefined,
    error: services.error ?? exceptions.error,
    isFetching: services.isFetching || exceptions.isFetching,
    isPlaceholderData: services.isPlaceholderData || exceptions.isPlaceholderData,
    refetch: () => Promise.all([services.refetch(), exceptions.refetch()]),
  };
  return (
    <QueryView query={both} queryKeys={options.map(({ queryKey }) => queryKey)} what="the overview" rows={10}>
      {({ services: list, page }) => (
        <Overview services={list} page={page} fetchedAt={exceptions.dataUpdatedAt} />
      )}
    </QueryView>
  );
}

function Overview({
  services,
  page,
  fetchedAt,
}: {
  readonly services: readonly ServiceSummary[];
  readonly page: ExceptionPage;
  readonly fetchedAt: number;
}) {
  const { zone } = useGlobalSearch();
  const withStatus = useStatusOverrides();
  const items = page.items.map((item) => withStatus(item, fetchedAt));
  const range = { from: Date.parse(page.window.from), to: Date.parse(page.window.to) };
  const fresh = items
    .filter(
      (item) =>
        item.status === 'regressed' || (item.status === 'new' && Date.parse(item.firstSeen) >= range.from),
    )
    .sort((a, b) => b.lastSeen.localeCompare(a.lastSeen));
  const rising = items
    .filter(
      (item) => item.count > item.previousCount && item.status !== 'muted' && item.status !== 'resolved',
    )
    .sort((a, b) => b.count - b.previousCount - (a.count - a.previousCount));
  if (page.total === 0) {
    return (
      <>
        <PageHead title="Overview" />
        <FirstSteps />
      </>
    );
  }
  return (
    <>
      <PageHead title="Overview" facts={<Summary items={items} services={services} />} />
      <TimeAxisScope range={range} zone={zone} ticks={7}>
        <div className={styles['stack']}>
          <Panel
            title="Services"
            flush
            aside={
              page.total > page.items.length &&
              `The bars add up the ${formatCount(page.items.length)} most frequent of ${plural(page.total, 'exception')}`
            }
          >
            <ScoreSheet rows={rankServices(services, items)} items={items} />
          </Panel>
          <div className={styles['columns']}>
            <Panel
              title="New and regressed"
              flush
              aside={
                <Link to="/exceptions" search={{ q: 'is:new is:regressed', sort: '-firstSeen' }}>
                  All
                </Link>
              }
            >
              <ExceptionTable items={fresh.slice(0, SHOWN)} empty="Nothing new in this window." />
            </Panel>
            <Panel
              title="Rising"
              flush
              aside={
                <Link to="/exceptions" search={{ sort: '-delta' }}>
                  All
                </Link>
              }
            >
              <ExceptionTable
                items={rising.slice(0, SHOWN)}
                empty="Nothing happens more often than in the window before."
              />
            </Panel>
          </div>
        </div>
      </TimeAxisScope>
    </>
  );
}

function Summary({
  items,
  services,
}: {
  readonly items: readonly ExceptionSummary[];
  readonly services: readonly ServiceSummary[];
}) {
  const total = services.reduce((sum, service) => sum + service.count, 0);
  const last = items.map((item) => item.lastSeen).reduce((a, b) => (a > b ? a : b), '');
  if (total === 0) {
    return (
      <>
        No exceptions in this window.{' '}
        {last !== '' && (
          <>
            Last one: <TimeAgo at={last} />.
          </>
        )}
      </>
    );
  }
  const up = services.reduce((sum, service) => sum + service.targets.up, 0);
  const targets = services.reduce((sum, service) => sum + service.targets.total, 0);
  return (
    <span className="mono">
      {plural(total, 'occurrence')} · {plural(services.length, 'service')} · {up}/{targets} targets up
    </span>
  );
}
