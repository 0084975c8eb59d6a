import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Tabs } from 'radix-ui';
import { metricTargetsQuery } from '../api/metricQueries.ts';
import { useHasMetrics } from '../api/metricsState.ts';
import { servicesQuery, targetsQuery } from '../api/queries.ts';
import tabs from '../components/tabs.module.css';
import { QueryView } from '../components/States.tsx';
import { ServiceTimeline } from '../events/ServiceTimeline.tsx';
import { ExceptionList } from '../exceptions/ExceptionList.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, plural } from '../time/format.ts';
import { asTarget } from '../targets/metricTargets.ts';
import { MetricTargetTables } from '../targets/MetricTargetTables.tsx';
import { TargetTable } from '../targets/TargetTable.tsx';
import { ServiceSummary } from './ServiceSummary.tsx';

const route = getRouteApi('/services/$svc');

/** One service: its requests, its exceptions, and the targets both come from. */
export function ServicePage() {
  const { svc } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { window } = useGlobalSearch();
  const services = useQuery(servicesQuery(window));
  const summary = services.data?.services.find((service) => service.name === svc);
  const options = targetsQuery();
  const targets = useQuery(options);
  const own = targets.data?.targets.filter((target) => target.service === svc) ?? [];
  const hasMetrics = useHasMetrics();
  const tab = search.tab === 'summary' && !hasMetrics ? undefined : search.tab;
  const metricOptions = metricTargetsQuery(hasMetrics);
  const metricTargets = useQuery(metricOptions);
  const ownMetricTargets =
    metricTargets.data?.data.activeTargets
      .filter(({ labels }) => (labels['service'] ?? labels['job']) === svc)
      .map(asTarget) ?? [];
  usePageTitle(svc);
  return (
    <>
      <PageHead
        title={svc}
        facts={
          summary !== undefined && (
            <span className="mono">
              {plural(summary.count, 'occurrence')} in window · {plural(summary.exceptions, 'exception')} ·{' '}
              {summary.targets.up}/{summary.targets.total} targets up
            </span>
          )
        }
      />
      <ServiceTimeline service={svc} />
      <Tabs.Root
        value={tab ?? 'exceptions'}
        onValueChange={(value) =>
          void navigate({
            search: (before) => ({ ...before, tab: isTab(value) ? value : undefined }),
            resetScroll: false,
          })
        }
      >
        <Tabs.List className={tabs['list']} aria-label={`About ${svc}`}>
          {hasMetrics && (
            <Tabs.Trigger className={tabs['tab']} value="summary">
              Summary
            </Tabs.Trigger>
          )}
          <Tabs.Trigger className={tabs['tab']} value="exceptions">
            Exceptions
          </Tabs.Trigger>
          <Tabs.Trigger className={tabs['tab']} value="targets">
            Targets <span className="mono">{formatCount(own.length + ownMetricTargets.length)}</span>
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="summary" className={tabs['content']}>
          <ServiceSummary service={svc} />
        </Tabs.Content>
        <Tabs.Content value="exceptions" className={tabs['content']}>
          <ExceptionList
            service={svc}
            search={search}
            onSearch={(change, replace) =>
              void navigate({ search: (before) => ({ ...before, ...change }), replace, resetScroll: false })
            }
          />
        </Tabs.Content>
        <Tabs.Content value="targets" className={tabs['content']}>
          <QueryView query={targets} queryKeys={[options.queryKey]} what="targets">
            {() => <TargetTable title="Targets" targets={own} />}
          </QueryView>
          {ownMetricTargets.length > 0 && <MetricTargetTables targets={ownMetricTargets} />}
        </Tabs.Content>
      </Tabs.Root>
    </>
  );
}

function isTab(value: string): value is 'summary' | 'exceptions' | 'targets' {
  return value === 'summary' || value === 'exceptions' || value === 'targets';
}
