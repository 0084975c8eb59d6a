import type { DroppedTarget } from '../api/types.ts';
import { Panel } from '../components/Panel.tsx';
import table from '../components/table.module.css';
import { formatCount } from '../time/format.ts';
import { LabelSet } from './LabelSet.tsx';

/** What discovery found and relabeling took away, with the rule that did it. */
export function DroppedTargets({
  dropped,
  total,
}: {
  readonly dropped: readonly DroppedTarget[];
  readonly total: number;
}) {
  return (
    <Panel
      title="Dropped by relabeling"
      flush
      aside={
        <span className="mono">
          {total > dropped.length
            ? `${formatCount(dropped.length)} of ${formatCount(total)}`
            : formatCount(total)}
        </span>
      }
    >
      <div className={table['scroll']} tabIndex={0} role="region" aria-label="Dropped targets">
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">As discovered</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {dropped.map(({ service, discoveredLabels, reason }, index) => (
              <tr key={index}>
                <th scope="row">{service}</th>
                <td>
                  <LabelSet labels={discoveredLabels} inline />
                </td>
                <td>
                  <code>{reason}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
