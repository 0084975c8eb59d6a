import type { ServerName } from './servers.ts';
import { formatTable, short } from './table.ts';

/** One figure of every server that has it. */
export interface SummaryRow {
  readonly figure: string;
  readonly values: ReadonlyMap<ServerName, number>;
}

/** Everything that was measured, in one table: a column a server, and after each peer ours divided by it. */
export function summaryTable(rows: readonly SummaryRow[], peers: readonly ServerName[]): string {
  return formatTable(
    ['', 'metrics-server', ...peers.flatMap((name) => [name, 'ratio'])],
    rows.map(({ figure, values }) => {
      const ours = values.get('metrics-server') ?? NaN;
      const theirs = peers.flatMap((name) => {
        const value = values.get(name) ?? NaN;
        return [short(value), Number.isFinite(ours / value) ? `x${short(ours / value)}` : '-'];
      });
      return [figure, short(ours), ...theirs];
    }),
  );
}
