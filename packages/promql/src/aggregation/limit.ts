import type { Labels } from '@binnacle/model';
import { ABSENT, Row } from '../engine/row.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import type { Grouping } from './grouping.ts';
import { hash64 } from './xxhash64.ts';

/** limitk: at each step the first `k` series of each group. */
export function selectFirst(
  source: VectorSource,
  grouping: Grouping,
  k: Float64Array,
  context: QueryContext,
): SeriesList {
  const taken = grouping.labels.map(() => new Int32Array(k.length));
  return select(source, k.length, context, (index, step) => {
    const counts = taken[grouping.groupOf[index]!]!;
    if (counts[step]! >= k[step]!) return false;
    counts[step]!++;
    return true;
  });
}

/** limit_ratio: series whose hash lies in the first `ratio` of all hashes, or in the last for a negative ratio. */
export function selectRatio(source: VectorSource, ratio: Float64Array, context: QueryContext): SeriesList {
  const offsets = new Float64Array(source.length);
  for (let i = 0; i < source.length; i++) offsets[i] = hashOffset(source.labels(i));
  return select(source, ratio.length, context, (index, step) => {
    const r = ratio[step]!;
    return r >= 0 ? offsets[index]! < r : offsets[index]! >= 1 + r;
  });
}

function select(
  source: VectorSource,
  steps: number,
  context: QueryContext,
  takes: (index: number, step: number) => boolean,
): SeriesList {
  const series: Series[] = [];
  let row = new Row(steps);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    let any = false;
    for (let step = 0; step < steps; step++) {
      if (row.kinds[step] === ABSENT) continue;
      if (takes(i, step)) any = true;
      else row.kinds[step] = ABSENT;
    }
    if (!any) continue;
    context.hold(steps, rowBytes(steps));
    series.push({ labels: source.labels(i), dropsName: source.dropsName(i), row });
    row = new Row(steps);
  }
  return new SeriesList(series);
}

/** Where a label set's hash lies between 0 and 1. */
function hashOffset(labels: Labels): number {
  const parts: Buffer[] = [];
  for (const [name, value] of labels) {
    for (const text of [name, value]) {
      const bytes = Buffer.from(text);
      parts.push(lengthPrefix(bytes.length), bytes);
    }
  }
  return Number(hash64(Buffer.concat(parts))) / 2 ** 64;
}

/** One byte below 255, otherwise 255 and three bytes. */
function lengthPrefix(length: number): Buffer {
  if (length < 255) return Buffer.from([length]);
  return Buffer.from([255, length & 255, (length >> 8) & 255, (length >> 16) & 255]);
}
