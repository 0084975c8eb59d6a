import type { SampleColumns } from './sampleBatch.ts';

/** Below this many samples of one series in a row there is nothing to win. */
const MIN_RUN = 2;

/**
 * An order in which to apply the samples of a batch that has one series after the other, each with several times (a
 * catch-up, a backfill): by time, so that the series fill the pages of one group together instead of making one each.
 * Undefined when the batch is fine as it is: in order of time, or without such runs. Only the order inside each series
 * decides what becomes of a sample, so a batch in which a series goes back in time is left alone too.
 */
export function orderByTime({ length, refs, times }: SampleColumns): Uint32Array | undefined {
  let runs = length > 0 ? 1 : 0;
  let goesBack = false;
  for (let i = 1; i < length; i++) {
    if (times[i]! < times[i - 1]!) goesBack = true;
    if (refs[i] !== refs[i - 1]) runs++;
  }
  if (!goesBack || runs * MIN_RUN > length || runs === 1) return undefined;
  if (!seriesGoForward(refs, times, length)) return undefined;
  return sortByTime(times, length);
}

function seriesGoForward(refs: Float64Array, times: Float64Array, length: number): boolean {
  const newest = new Map<number, number>();
  for (let i = 0; i < length;) {
    const ref = refs[i]!;
    let last = newest.get(ref) ?? -Infinity;
    for (; i < length && refs[i] === ref; i++) {
      if (times[i]! < last) return false;
      last = times[i]!;
    }
    newest.set(ref, last);
  }
  return true;
}

/** A counting sort by the distinct times; in most batches the next sample has the next of them. */
function sortByTime(times: Float64Array, length: number): Uint32Array {
  const slots = new Map<number, number>();
  const distinct: number[] = [];
  const counts: number[] = [];
  const slotOf = new Uint32Array(length);
  let slot = 0;
  for (let i = 0; i < length; i++) {
    const time = times[i]!;
    if (distinct[++slot] !== time) {
      const known = slots.get(time);
      slot = known ?? distinct.length;
      if (known === undefined) {
        slots.set(time, slot);
        distinct.push(time);
        counts.push(0);
      }
    }
    slotOf[i] = slot;
    counts[slot]! += 1;
  }
  const starts = new Uint32Array(distinct.length);
  let at = 0;
  const ascending = Uint32Array.from(distinct, (_, s) => s).sort((a, b) => distinct[a]! - distinct[b]!);
  for (const s of ascending) {
    starts[s] = at;
    at += counts[s]!;
  }
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[starts[slotOf[i]!]!++] = i;
  return order;
}
