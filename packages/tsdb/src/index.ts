export { TSDB_ERRORS, TsdbError, type TsdbErrorCode } from './errors.ts';
export { Tsdb, type TsdbStats } from './db/tsdb.ts';
export type { Batch, CommitResult, HistogramOptions } from './db/batch.ts';
export type { TsdbEvent, TsdbOptions } from './db/options.ts';
export type { Cardinality, CardinalityEntry } from './db/queries.ts';
export { createSampleBuffer, type SampleBuffer, type SelectRange, type SeriesSet } from './db/series.ts';
export { attachReader, type SharedHandle, type SharedReader } from './db/sharedReader.ts';
export { SAMPLE_STATUS, type SampleStatus } from './head/appender.ts';
export type { Exemplar, MetricMetadata } from './wal/records.ts';
