import type { FloatColumn } from './columns.ts';
import {
  floatCount,
  histogramCount,
  labelsOf,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';
import type { Row } from '../engine/row.ts';
import type { Bounds } from './windows.ts';

export const maxOverTime: RangeFunction = extreme(1);
export const minOverTime: RangeFunction = extreme(-1);
export const timeOfMax: RangeFunction = timeOfExtreme(1);
export const timeOfMin: RangeFunction = timeOfExtreme(-1);

/** The greatest (`sign` 1) or least (-1) float of a window; NaN only if there is nothing else. */
function extreme(sign: 1 | -1): RangeFunction {
  return {
    window(window, row, call) {
      if (!hasFloats(window, call)) return;
      const { values } = window.floats;
      let best = values[window.floatFrom]!;
      for (let i = window.floatFrom + 1; i < window.floatTo; i++) {
        const value = values[i]!;
        if (sign * value > sign * best || best !== best) best = value;
      }
      row.setFloat(window.step, best);
    },
    floats: (column, bounds, row) => slide(column, bounds, row, sign),
  };
}

/**
 * All windows in one pass with a queue of candidates, best first. NaNs never enter it; a window whose queue is empty
 * holds nothing else.
 */
function slide(column: FloatColumn, bounds: Bounds, row: Row, sign: 1 | -1): void {
  const { values, length } = column;
  const { from, to } = bounds;
  const queue = new Int32Array(length);
  let head = 0;
  let tail = 0;
  let next = 0;
  for (let step = 0; step < row.values.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) {
      row.kinds[step] = 0;
      continue;
    }
    if (next < first) next = first;
    for (; next < end; next++) {
      const value = values[next]!;
      if (value !== value) continue;
      while (tail > head && sign * values[queue[tail - 1]!]! < sign * value) tail--;
      queue[tail++] = next;
    }
    while (head < tail && queue[head]! < first) head++;
    row.kinds[step] = 1;
    row.values[step] = head < tail ? values[queue[head]!]! : NaN;
  }
}

/** When the greatest or least float was sampled, the last time if there were several. */
function timeOfExtreme(sign: 1 | -1): RangeFunction {
  return {
    window(window, row, call) {
      if (!hasFloats(window, call)) return;
      const { values, timestamps } = window.floats;
      let best = window.floatFrom;
      for (let i = window.floatFrom; i < window.floatTo; i++) {
        const value = values[i]!;
        const leader = values[best]!;
        if (sign * value >= sign * leader || leader !== leader) best = i;
      }
      row.setFloat(window.step, timestamps[best]! / 1000);
    },
  };
}

/** False for a window of histograms only; histograms beside floats are ignored with a note. */
export function hasFloats(window: Window, call: RangeCall): boolean {
  if (floatCount(window) === 0) return false;
  if (histogramCount(window) > 0) call.context.infoIgnoredHistograms(labelsOf(call), call.span);
  return true;
}
