import { requestJson, withQuery } from './http.ts';
import { METRICS_PREFIX } from './metricsState.ts';
import type {
  Envelope,
  InstantResult,
  Labels,
  MetricMetadata,
  MetricTargets,
  Noted,
  RangeSeries,
  TsdbStatus,
} from './metricTypes.ts';

const API = `${METRICS_PREFIX}/api/v1`;

type Query = Parameters<typeof withQuery>[1];

/** A window and the distance of its points, milliseconds. */
export interface Grid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** The value of an expression at one instant. */
export function queryInstant(
  query: string,
  timeMs: number,
  signal?: AbortSignal,
): Promise<Noted<InstantResult>> {
  return read('query', { query, time: seconds(timeMs) }, signal);
}

/** The values of an expression on a grid. */
export async function queryRange(
  query: string,
  { startMs, endMs, stepMs }: Grid,
  signal?: AbortSignal,
): Promise<Noted<readonly RangeSeries[]>> {
  const { data, notes } = await read<{ result: readonly RangeSeries[] }>(
    'query_range',
    { query, start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) },
    signal,
  );
  return { data: data.result, notes };
}

export const readMetadata = (
  signal?: AbortSignal,
): Promise<Noted<Readonly<Record<string, readonly MetricMetadata[]>>>> => read('metadata', {}, signal);

export const readMetricNames = (signal?: AbortSignal): Promise<Noted<readonly string[]>> =>
  read('label/__name__/values', {}, signal);

/** The label sets of at most `limit` series of a metric in a window. */
export function readSeries(
  matcher: string,
  window: { readonly startMs: number; readonly endMs: number },
  limit: number,
  signal?: AbortSignal,
): Promise<Noted<readonly Labels[]>> {
  const { startMs, endMs } = window;
  return read('series', { 'match[]': matcher, start: seconds(startMs), end: seconds(endMs), limit }, signal);
}

export const readMetricTargets = (signal?: AbortSignal): Promise<Noted<MetricTargets>> =>
  read('targets', {}, signal);

export const readTsdbStatus = (signal?: AbortSignal): Promise<Noted<TsdbStatus>> =>
  read('status/tsdb', {}, signal);

/** `runtimeinfo`, `buildinfo`, `flags` or `config`: names and values. */
export const readStatus = (
  page: string,
  signal?: AbortSignal,
): Promise<Noted<Readonly<Record<string, unknown>>>> => read(`status/${page}`, {}, signal);

async function read<T>(path: string, query: Query, signal?: AbortSignal): Promise<Noted<T>> {
  const {
    data,
    warnings = [],
    infos = [],
  } = await requestJson<Envelope<T>>(withQuery(`${API}/${path}`, query), { signal });
  return { data, notes: [...warnings, ...infos] };
}

function seconds(ms: number): string {
  return String(ms / 1000);
}
