import type { Labels } from '@binnacle/model';
import type { PlanNode } from './explain.ts';
import type { Grid } from './grid.ts';
import type { QueryStats } from './queryContext.ts';
import type { Row } from './row.ts';

/** One series of a matrix. */
export interface MatrixSeries {
  readonly labels: Labels;
  /** Values at the steps of the result's grid, or at `timestamps` when there are some. */
  readonly row: Row;
  readonly timestamps: Float64Array | undefined;
}

/** The value of a query. */
export type QueryValue =
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | {
      readonly type: 'vector';
      readonly timeMs: number;
      readonly series: readonly { readonly labels: Labels; readonly row: Row }[];
    }
  | { readonly type: 'matrix'; readonly grid: Grid; readonly series: readonly MatrixSeries[] };

export interface QueryResult {
  readonly value: QueryValue;
  /** Finished texts with positions. */
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly stats: QueryStats;
  /** What each part of the query did, if that was asked for. */
  readonly plan: PlanNode | undefined;
}
