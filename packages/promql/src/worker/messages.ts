import { Labels, type FloatHistogram } from '@binnacle/model';
import type { InstantQuery, RangeQuery } from '../engine/engine.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { QueryErrorCode } from '../engine/queryError.ts';
import type { MatrixSeries, QueryResult, QueryValue } from '../engine/result.ts';
import { Row } from '../engine/row.ts';

/** A query for a worker. */
export interface WorkRequest {
  readonly openerModule: string;
  readonly handle: unknown;
  readonly options: EngineOptions;
  readonly query: InstantQuery | RangeQuery;
  /** Answer with the JSON body instead of the result. */
  readonly asJson: boolean;
}

/** What a worker answers. */
export type WorkAnswer =
  | { readonly type: 'result'; readonly result: PlainResult }
  | { readonly type: 'json'; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly type: 'queryError'; readonly code: QueryErrorCode; readonly message: string }
  | { readonly type: 'failure'; readonly message: string };

interface PlainSeries {
  readonly names: readonly string[];
  readonly labelValues: readonly string[];
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  readonly histograms: readonly (FloatHistogram | undefined)[];
  readonly timestamps: Float64Array | undefined;
}

type PlainValue =
  | Exclude<QueryValue, { type: 'vector' | 'matrix' }>
  | { readonly type: 'vector'; readonly timeMs: number; readonly series: readonly PlainSeries[] }
  | {
      readonly type: 'matrix';
      readonly grid: Extract<QueryValue, { type: 'matrix' }>['grid'];
      readonly series: readonly PlainSeries[];
    };

/** A result without classes, as messages between threads carry it. */
export type PlainResult = Omit<QueryResult, 'value'> & { readonly value: PlainValue };

export function toPlain(result: QueryResult): PlainResult {
  const { value } = result;
  if (value.type === 'scalar' || value.type === 'string') return { ...result, value };
  const series = value.series.map((one) => ({
    names: one.labels.names,
    labelValues: one.labels.values,
    values: one.row.values,
    kinds: one.row.kinds,
    histograms: one.row.hasHistograms ? one.row.histograms : [],
    timestamps: 'timestamps' in one ? (one as MatrixSeries).timestamps : undefined,
  }));
  return { ...result, value: { ...value, series } };
}

export function fromPlain(result: PlainResult): QueryResult {
  const { value } = result;
  if (value.type === 'scalar' || value.type === 'string') return { ...result, value };
  const series = value.series.map(({ names, labelValues, values, kinds, histograms, timestamps }) => ({
    labels: new Labels(names, labelValues),
    row: new Row(values.length, values, kinds, [...histograms]),
    timestamps,
  }));
  return { ...result, value: { ...value, series } };
}
