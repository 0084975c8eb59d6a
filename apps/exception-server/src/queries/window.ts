import { ExceptionServerError } from '../errors.ts';

/** A span of time cut into equal buckets, and which stored counts can fill it. Seconds since 1970. */
export interface Window {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly stepSeconds: number;
  /** Step of the stored counts that are added up: a minute or an hour. */
  readonly resolution: 60 | 3600;
}

export interface WindowRequest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds?: number | undefined;
  readonly maxBuckets: number;
  /** Minutes before this time are no longer stored. */
  readonly minutesSinceMs: number;
}

const STEPS = [
  60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/**
 * Fits a window to whole buckets. The step is the smallest usual one that needs at most `maxBuckets`, or the
 * next whole minute or hour of the one asked for; a first bucket that is only touched may fall off. Throws EXCEPTIONS_BAD_REQUEST.
 */
export function fitWindow({ fromMs, toMs, stepSeconds, maxBuckets, minutesSinceMs }: WindowRequest): Window {
  const spanSeconds = (toMs - fromMs) / 1000;
  if (!(spanSeconds > 0)) throw badRequest('from must be before to');
  const resolution = fromMs >= minutesSinceMs ? 60 : 3600;
  const wanted = Math.max(stepSeconds ?? 0, spanSeconds / maxBuckets, resolution);
  const usual = STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const step = stepSeconds === undefined ? usual : Math.ceil(wanted / resolution) * resolution;
  const to = Math.ceil(toMs / 1000 / step) * step;
  const from = Math.max(Math.floor(fromMs / 1000 / step) * step, to - maxBuckets * step);
  return { from, to, stepSeconds: step, resolution };
}

/** Buckets of a window, oldest first. */
export function bucketCount({ from, to, stepSeconds }: Window): number {
  return Math.round((to - from) / stepSeconds);
}

function badRequest(message: string): ExceptionServerError {
  return new ExceptionServerError('EXCEPTIONS_BAD_REQUEST', message);
}
