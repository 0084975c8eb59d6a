import { ByteReader } from '../codec/bytes.ts';
import { decodeHistogram, type StoredHistogram } from '../codec/histogramCodec.ts';
import type { SelectRange, StoredBuffer } from '../db/series.ts';
import { lowerBoundFloat } from '../index/postings.ts';
import type { WindowBytes } from './groupSnapshot.ts';
import type { HeadMemory } from './headMemory.ts';
import { SIDE } from './sideLog.ts';

/** A side entry as a selection keeps it; `time` and `value` mean what sideLog.ts says. */
export interface SideEntry {
  readonly kind: number;
  readonly time: number;
  /** The bits of a sample out of order. */
  readonly words: readonly [number, number];
  readonly value: number;
  readonly histogram: StoredHistogram | undefined;
}

/** A sample out of order, and the start timestamp that it came with (0: none). */
interface LateSample {
  readonly entry: SideEntry;
  startMs: number;
}

/** A series' side entries that matter in a range, oldest first. */
export function readSides(
  memory: HeadMemory,
  windows: WindowBytes,
  series: number,
  range: SelectRange,
): readonly SideEntry[] {
  const entries: SideEntry[] = [];
  for (let e = memory.seriesSide.array[series]!; e !== 0; e = memory.sidePrevious.array[e]!) {
    const kind = memory.sideKind.array[e]!;
    const time = memory.sideTime.array[e]!;
    const isOfOneTime = kind !== SIDE.tombstone && kind !== SIDE.start;
    if (time > range.maxMs || (isOfOneTime && time < range.minMs)) continue;
    const value = memory.sideValue.array[e]!;
    const words = new Uint32Array(memory.sideValue.buffer, 8 * e, 2);
    const bytes = kind === SIDE.histogram ? windows.byTime(time) : undefined;
    const histogram = bytes === undefined ? undefined : decodeHistogram(new ByteReader(bytes, value));
    entries.push({ kind, time, value, words: [words[0]!, words[1]!], histogram });
  }
  return entries.reverse();
}

/**
 * Takes deleted ranges away, puts samples out of order that came later in their place (a sample that is there already
 * wins) and adds start timestamps. `out.timestamps` becomes an array of its own.
 */
export function applySides(sides: readonly SideEntry[], out: StoredBuffer): void {
  let late: LateSample[] = [];
  const starts: SideEntry[] = [];
  for (const entry of sides) {
    if (entry.kind === SIDE.tombstone) {
      removeRange(out, entry.time, entry.value);
      late = late.filter(({ entry: { time } }) => time < entry.time || time > entry.value);
    } else if (entry.kind === SIDE.start) starts.push(entry);
    else if (entry.kind === SIDE.lateStart) late.at(-1)!.startMs = entry.value;
    else late.push({ entry, startMs: 0 });
  }
  if (starts.some(({ value }) => value !== 0)) addStarts(starts, out);
  if (late.length > 0) mergeLate(late, out);
}

function mergeLate(late: LateSample[], out: StoredBuffer): void {
  late.sort((a, b) => a.entry.time - b.entry.time);
  const total = out.length + late.length;
  const times = new Float64Array(total);
  const values = new Float64Array(total);
  const words = new Uint32Array(values.buffer);
  const oldWords = new Uint32Array(out.values.buffer, out.values.byteOffset, 2 * out.length);
  const oldStarts = out.startTimestamps;
  const hasStarts = oldStarts !== undefined || late.some(({ startMs }) => startMs !== 0);
  const starts = hasStarts ? new Float64Array(total) : undefined;
  const histograms: (StoredHistogram | undefined)[] = [];
  let hasHistograms = false;
  let size = 0;
  for (let i = 0, j = 0; i < out.length || j < late.length;) {
    const sample = late[j];
    if (sample === undefined || (i < out.length && out.timestamps[i]! <= sample.entry.time)) {
      times[size] = out.timestamps[i]!;
      words[2 * size] = oldWords[2 * i]!;
      words[2 * size + 1] = oldWords[2 * i + 1]!;
      histograms[size] = out.histograms?.[i];
      if (starts !== undefined) starts[size] = oldStarts?.[i] ?? 0;
      i++;
    } else {
      const { entry, startMs } = sample;
      j++;
      if (size > 0 && times[size - 1] === entry.time) continue;
      times[size] = entry.time;
      words[2 * size] = entry.words[0];
      words[2 * size + 1] = entry.words[1];
      histograms[size] = entry.histogram;
      if (starts !== undefined) starts[size] = startMs;
    }
    hasHistograms ||= histograms[size] !== undefined;
    size++;
  }
  histograms.length = size;
  out.length = size;
  out.timestamps = times;
  out.values = values;
  out.histograms = hasHistograms ? histograms : undefined;
  out.startTimestamps = starts;
}

/** Removes the samples of a range of times, both ends included. */
export function removeRange(out: StoredBuffer, fromMs: number, toMs: number): void {
  let first = 0;
  while (first < out.length && out.timestamps[first]! < fromMs) first++;
  let end = first;
  while (end < out.length && out.timestamps[end]! <= toMs) end++;
  if (end === first) return;
  const times = out.timestamps.slice(0, out.length);
  times.copyWithin(first, end, out.length);
  out.values.copyWithin(first, end, out.length);
  out.startTimestamps?.copyWithin(first, end, out.length);
  out.histograms?.splice(first, end - first);
  out.timestamps = times;
  out.length -= end - first;
}

function addStarts(starts: readonly SideEntry[], out: StoredBuffer): void {
  const column = new Float64Array(out.length);
  let to = out.length;
  for (let s = starts.length - 1; s >= 0 && to > 0; s--) {
    const from = lowerBoundFloat(out.timestamps, starts[s]!.time, 0, to);
    column.fill(starts[s]!.value, from, to);
    to = from;
  }
  out.startTimestamps = column;
}
