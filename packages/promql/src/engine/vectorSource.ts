import type { Labels } from '@binnacle/model';
import type { LabelColumn } from '../storage.ts';
import type { QueryContext } from './queryContext.ts';
import { Row } from './row.ts';

/**
 * An instant vector at every step of a grid, one series at a time. Nothing is computed before `read` is called, so
 * that an aggregation can take in a million series without holding more than one of them.
 */
export interface VectorSource {
  readonly length: number;
  labels(index: number): Labels;
  /** One label of every series, where that costs less than `labels`; asked for by `labelColumn` below. */
  labelColumn?(name: string): LabelColumn;
  /** The metric name of the series goes when the query ends (with delayed name removal). */
  dropsName(index: number): boolean;
  /** Overwrites the whole row with the values of a series. */
  read(index: number, row: Row): void;
}

/** One label of every series of a source, a range or a selection. */
export function labelColumn(source: Pick<VectorSource, 'labels' | 'labelColumn'>, name: string): LabelColumn {
  return source.labelColumn?.(name) ?? ((index) => source.labels(index).get(name));
}

export interface Series {
  readonly labels: Labels;
  readonly dropsName: boolean;
  readonly row: Row;
}

/** Series that are held in memory. */
export class SeriesList implements VectorSource {
  readonly series: readonly Series[];

  constructor(series: readonly Series[]) {
    this.series = series;
  }

  get length(): number {
    return this.series.length;
  }

  labels(index: number): Labels {
    return this.series[index]!.labels;
  }

  dropsName(index: number): boolean {
    return this.series[index]!.dropsName;
  }

  read(index: number, row: Row): void {
    row.copyFrom(this.series[index]!.row);
  }
}

export const NO_SERIES: SeriesList = new SeriesList([]);

/** Bytes that a row of floats takes. */
export function rowBytes(steps: number): number {
  return steps * 9 + 200;
}

/** Computes every series of a source and keeps those with a value at some step. */
export function materialize(source: VectorSource, steps: number, context: QueryContext): SeriesList {
  if (source instanceof SeriesList) return source;
  const series: Series[] = [];
  let row = new Row(steps);
  for (let i = 0; i < source.length; i++) {
    context.checkInterrupted();
    source.read(i, row);
    if (row.isEmpty) continue;
    context.hold(steps, rowBytes(steps));
    series.push({ labels: source.labels(i), dropsName: source.dropsName(i), row });
    row = new Row(steps);
  }
  return new SeriesList(series);
}

/** A source with other labels and values made from another's, series by series. */
export function mapSource(
  source: VectorSource,
  change: {
    readonly labels?: (index: number) => Labels;
    readonly labelColumn?: (name: string) => LabelColumn;
    readonly dropsName?: (index: number) => boolean;
    /** Changes the row that the source has filled. */
    readonly row?: (row: Row, index: number) => void;
  },
): VectorSource {
  const changeRow = change.row;
  const labels = change.labels ?? ((index: number) => source.labels(index));
  return {
    length: source.length,
    labels,
    labelColumn:
      change.labelColumn ?? ((name) => labelColumn(change.labels === undefined ? source : { labels }, name)),
    dropsName: change.dropsName ?? ((index) => source.dropsName(index)),
    read(index, row) {
      source.read(index, row);
      changeRow?.(row, index);
    },
  };
}
