import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { metricTargetsQuery } from '../api/metricQueries.ts';
import { useHasMetrics } from '../api/metricsState.ts';
import { targetsQuery } from '../api/queries.ts';
import type { Target, TargetHealth } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { SearchField } from '../components/SearchField.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import { HEALTH_TONE, HEALTH_WORD, StatusGlyph } from '../components/StatusGlyph.tsx';
import { ConnectService } from '../help/ConnectService.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { plural } from '../time/format.ts';
import { DroppedTargets } from './DroppedTargets.tsx';
import { asTarget } from './metricTargets.ts';
import { MetricTargetTables } from './MetricTargetTables.tsx';
import { matchesText, TargetTable } from './TargetTable.tsx';
import styles from './TargetsPage.module.css';

const route = getRouteApi('/targets');
const HEALTHS: readonly TargetHealth[] = ['up', 'down', 'unknown'];

/** Every target that exceptions and metrics are scraped from: its health, the last error, and what discovery dropped. */
export function TargetsPage() {
  const { q = '', health } = route.useSearch();
  const navigate = route.useNavigate();
  const options = targetsQuery();
  const query = useQuery(options);
  usePageTitle('Targets');
  const hasMetrics = useHasMetrics();
  const metricOptions = metricTargetsQuery(hasMetrics);
  const metricQuery = useQuery(metricOptions);
  const metricTargets = metricQuery.data?.data.activeTargets.map(asTarget) ?? [];
  const all = [...(query.data?.targets ?? []), ...metricTargets];
  const isShown = (target: Target): boolean =>
    (health === undefined || target.health === health) && matchesText(target, q);
  const setSearch = (
    change: { q?: string | undefined; health?: TargetHealth | undefined },
    replace: boolean,
  ): void => void navigate({ search: (before) => ({ ...before, ...change }), replace, resetScroll: false });
  return (
    <>
      <PageHead
        title="Targets"
        facts={
          hasMetrics ? 'Where exceptions and metrics are scraped from' : 'Where exceptions are scraped from'
        }
      />
      <div className={styles['controls']}>
        <SearchField
          label="Filter targets"
          value={q}
          placeholder="Filter by service, address, label or error"
          onChange={(value) => setSearch({ q: value || undefined }, true)}
        />
        <div role="group" aria-label="Health" className={styles['healths']}>
          {HEALTHS.map((value) => (
            <Button
              key={value}
              look="quiet"
              aria-pressed={health === value}
              onClick={() => setSearch({ health: health === value ? undefined : value }, false)}
            >
              <StatusGlyph tone={HEALTH_TONE[value]} />
              {HEALTH_WORD[value]}{' '}
              <span className="mono">{all.filter((target) => target.health === value).length}</span>
            </Button>
          ))}
        </div>
      </div>
      <QueryView query={query} queryKeys={[options.queryKey]} what="targets">
        {({ targets, dropped, droppedTotal }) => {
          const shown = targets.filter(isShown);
          return (
            <div className={styles['stack']}>
              {targets.length === 0 ? (
                <EmptyState title="No targets yet">
                  <p>
                    exception-server has found nothing to scrape. List your services in its configuration.
                  </p>
                  <ConnectService />
                </EmptyState>
              ) : shown.length === 0 ? (
                <EmptyState title="No exception target matches the filter">
                  <Button icon="close" onClick={() => setSearch({ q: undefined, health: undefined }, false)}>
                    Clear the filter
                  </Button>
                </EmptyState>
              ) : (
                [...new Set(shown.map((target) => target.service))]
                  .sort()
                  .map((service) => (
                    <TargetTable
                      key={service}
                      title={service}
                      targets={shown.filter((target) => target.service === service)}
                    />
                  ))
              )}
              {dropped.length > 0 && <DroppedTargets dropped={dropped} total={droppedTotal} />}
            </div>
          );
        }}
      </QueryView>
      {hasMetrics && (
        <div className={styles['metrics']}>
          <QueryView query={metricQuery} queryKeys={[metricOptions.queryKey]} what="metric targets">
            {({ data }) => (
              <div className={styles['stack']}>
                <MetricTargetTables targets={metricTargets.filter(isShown)} />
                {data.droppedTargets.length > 0 && (
                  <p className={styles['dropped']}>
                    {plural(data.droppedTargets.length, 'metric target')} dropped by relabeling.
                  </p>
                )}
              </div>
            )}
          </QueryView>
        </div>
      )}
    </>
  );
}
