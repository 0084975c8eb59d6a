import type { MetricsState } from '../api/metricsState.ts';
import { EmptyState } from '../components/States.tsx';
import { PageHead } from '../shell/PageHead.tsx';

/** A page about metrics when there is no server to ask. */
export function NoMetrics({ title, state }: { readonly title: string; readonly state: MetricsState }) {
  return (
    <>
      <PageHead title={title} />
      <EmptyState title={state.configured ? 'The metrics server is not ready' : 'There is no metrics server'}>
        <p>
          {state.configured
            ? 'It does not answer, or is still starting. Its address is the flag --metrics.url of the dashboard; refresh to ask again.'
            : 'Start the dashboard with --metrics.url set to the address of metrics-server, or of a Prometheus.'}
        </p>
      </EmptyState>
    </>
  );
}
