export { createMetrics, type Metrics, type MetricsOptions } from './createMetrics.ts';
export { MetricsError, type MetricsErrorCode } from './errors.ts';
export type { CounterOptions, GaugeOptions, HistogramOptions } from './guardedMetrics.ts';
export {
  UNKNOWN_ROUTE,
  type HttpMetrics,
  type HttpMetricsOptions,
  type HttpObservation,
} from './httpMetrics.ts';
export { instrumentHttp, metricsMiddleware, type HttpInstrumentOptions } from './instrumentHttp.ts';
export type { PushOptions } from './pushTo.ts';
export type { Exposition } from './sendExposition.ts';
export { DEFAULT_MAX_SERIES, OVERFLOW_VALUE } from './seriesGuard.ts';
