import type { FloatHistogram } from '@binnacle/model';
import { metricName } from '../engine/queryContext.ts';
import { MixedSchemasError } from '../histogram/accumulator.ts';
import { combineHistograms, divideHistogram } from '../histogram/arithmetic.ts';
import { compact } from '../histogram/buckets.ts';
import { isCounterReset } from '../histogram/compare.ts';
import {
  floatCount,
  histogramCount,
  labelsOf,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';
import { isStartReset } from './startTimestamps.ts';

/** irate and idelta: the last two samples. */
export function instantRate(isRate: boolean): RangeFunction {
  return {
    window(window, row, call) {
      if (floatCount(window) + histogramCount(window) < 2) return;
      const newest = lastSamples(window);
      if (newest === undefined) return;
      const [a, b] = newest;
      const interval = (b.ms - a.ms) / 1000;
      const started = isRate && isStartReset(a.start, a.ms, b.start, b.ms);
      if (a.histogram === undefined && b.histogram === undefined) {
        const reset = isRate && (b.value < a.value || started);
        const value = reset ? b.value : b.value - a.value;
        row.setFloat(window.step, isRate ? value / interval : value);
      } else if (a.histogram === undefined || b.histogram === undefined) {
        call.context.warnMixedFloatsHistograms(labelsOf(call), call.span);
      } else {
        const result = instantHistogramRate(a.histogram, b.histogram, started, isRate, call);
        if (result === undefined) return;
        row.setHistogram(window.step, isRate ? divideHistogram(result, interval) : result);
      }
    },
  };
}

interface AnySample {
  readonly ms: number;
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
  readonly start: number;
}

/** The two newest samples of either kind, older first. */
function lastSamples(window: Window): readonly [AnySample, AnySample] | undefined {
  const { floats, histograms } = window;
  const samples: AnySample[] = [];
  for (let i = Math.max(window.floatFrom, window.floatTo - 2); i < window.floatTo; i++) {
    const start = floats.startTimestamps?.[i] ?? 0;
    samples.push({ ms: floats.timestamps[i]!, value: floats.values[i]!, histogram: undefined, start });
  }
  for (let i = Math.max(window.histogramFrom, window.histogramTo - 2); i < window.histogramTo; i++) {
    const start = histograms.startTimestamps?.[i] ?? 0;
    samples.push({ ms: histograms.timestamps[i]!, value: 0, histogram: histograms.histograms[i]!, start });
  }
  samples.sort((a, b) => a.ms - b.ms);
  const [a, b] = samples.slice(-2);
  return a === undefined || b === undefined || a.ms === b.ms ? undefined : [a, b];
}

function instantHistogramRate(
  a: FloatHistogram,
  b: FloatHistogram,
  started: boolean,
  isRate: boolean,
  call: RangeCall,
): FloatHistogram | undefined {
  warnOfType(a, b, isRate, call);
  if (isRate && (started || isCounterReset(b, a))) return compact({ ...b, counterResetHint: 'gauge' });
  try {
    const { histogram, combined } = combineHistograms(b, a, -1);
    if (combined.boundsReconciled) call.context.infoReconciled('subtraction', call.span);
    return { ...histogram, counterResetHint: 'gauge' };
  } catch (error) {
    if (!(error instanceof MixedSchemasError)) throw error;
    call.context.warnMixedSchemas(labelsOf(call), call.span);
    return undefined;
  }
}

function warnOfType(a: FloatHistogram, b: FloatHistogram, isRate: boolean, call: RangeCall): void {
  const gauges = [a, b].filter((h) => h.counterResetHint === 'gauge').length;
  const name = metricName(labelsOf(call));
  if (isRate && gauges > 0) {
    call.context.warn(`this native histogram metric is not a counter: ${name}`, call.span);
  }
  if (!isRate && gauges < 2) {
    call.context.warn(`this native histogram metric is not a gauge: ${name}`, call.span);
  }
}
