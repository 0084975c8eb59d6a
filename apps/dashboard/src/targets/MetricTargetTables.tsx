import type { Target } from '../api/types.ts';
import { TargetTable } from './TargetTable.tsx';
import { UpLink } from './UpLink.tsx';

/** Targets of the metrics server, one table a scrape pool. */
export function MetricTargetTables({ targets }: { readonly targets: readonly Target[] }) {
  const pools = [...new Set(targets.map((target) => target.service))].sort();
  return pools.map((pool) => (
    <TargetTable
      key={pool}
      title={`Metrics of ${pool}`}
      targets={targets.filter((target) => target.service === pool)}
      linkOf={(target) => <UpLink target={target} />}
    />
  ));
}
