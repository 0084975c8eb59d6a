import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Tabs } from 'radix-ui';
import { statusQuery } from '../api/metricQueries.ts';
import { metricsStateQuery } from '../api/metricsState.ts';
import { CopyButton } from '../components/CopyButton.tsx';
import { Panel } from '../components/Panel.tsx';
import { QueryView } from '../components/States.tsx';
import table from '../components/table.module.css';
import tabs from '../components/tabs.module.css';
import { NoMetrics } from '../metrics/NoMetrics.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { STATUS_TABS, type StatusTab } from './statusTabs.ts';
import { TsdbStatus } from './TsdbStatus.tsx';
import styles from './StatusPage.module.css';

const route = getRouteApi('/status');
const WORDS: Record<StatusTab, string> = {
  runtime: 'Runtime',
  build: 'Build',
  flags: 'Flags',
  config: 'Configuration',
  tsdb: 'Storage',
};

/** How the metrics server is doing and what it was started with. */
export function StatusPage() {
  const { tab = 'runtime' } = route.useSearch();
  const navigate = route.useNavigate();
  const state = useQuery(metricsStateQuery());
  usePageTitle('Status');
  if (state.isPending) return null;
  if (state.data?.ready === false) return <NoMetrics title="Status" state={state.data} />;
  return (
    <>
      <PageHead title="Status" facts="The metrics server" />
      <Tabs.Root
        value={tab}
        onValueChange={(value) =>
          void navigate({
            search: (before) => ({ ...before, tab: STATUS_TABS.find((name) => name === value) }),
            resetScroll: false,
          })
        }
      >
        <Tabs.List className={tabs['list']} aria-label="About the metrics server">
          {STATUS_TABS.map((name) => (
            <Tabs.Trigger key={name} className={tabs['tab']} value={name}>
              {WORDS[name]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="runtime" className={tabs['content']}>
          <Facts page="runtimeinfo" what="runtime" />
        </Tabs.Content>
        <Tabs.Content value="build" className={tabs['content']}>
          <Facts page="buildinfo" what="build" />
        </Tabs.Content>
        <Tabs.Content value="flags" className={tabs['content']}>
          <Facts page="flags" what="flags" />
        </Tabs.Content>
        <Tabs.Content value="config" className={tabs['content']}>
          <Configuration />
        </Tabs.Content>
        <Tabs.Content value="tsdb" className={tabs['content']}>
          <TsdbStatus />
        </Tabs.Content>
      </Tabs.Root>
    </>
  );
}

function Facts({ page, what }: { readonly page: string; readonly what: string }) {
  const options = statusQuery(page);
  const query = useQuery(options);
  return (
    <QueryView query={query} queryKeys={[options.queryKey]} what={what}>
      {({ data }) => (
        <div className={styles['box']} tabIndex={0} role="region" aria-label={`Table of ${what}`}>
          <table className={table['table']}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(data).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="mono">
                    {typeof value === 'object' ? JSON.stringify(value) : String(value)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </QueryView>
  );
}

function Configuration() {
  const options = statusQuery('config');
  const query = useQuery(options);
  return (
    <QueryView query={query} queryKeys={[options.queryKey]} what="the configuration">
      {({ data }) => {
        const yaml = String(data['yaml'] ?? '');
        return (
          <Panel title="Configuration in force" flush aside={<CopyButton label="Copy" text={yaml} />}>
            <pre className={styles['yaml']} tabIndex={0} role="region" aria-label="Configuration">
              {yaml}
            </pre>
          </Panel>
        );
      }}
    </QueryView>
  );
}
