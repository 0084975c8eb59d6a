export { TSDB_ERRORS, TsdbError, type TsdbErrorCode } from './errors.ts';
export { Tsdb, type BlockInfo, type ReplayLater } from './db/tsdb.ts';
export type { Batch, CommitResult, HistogramOptions } from './db/batch.ts';
export type { CommittedBatch, TsdbEvent, TsdbOptions } from './db/options.ts';
export type { Cardinality, CardinalityEntry } from './db/queries.ts';
export {
  createSampleBuffer,
  createStoredBuffer,
  type StoredBuffer,
  type SampleBuffer,
  type SelectRange,
  type SeriesSet,
} from './db/series.ts';
export type { TsdbStats } from './db/stats.ts';
export { openShared as attachReader, type SharedHandle, type SharedReader } from './db/sharedReader.ts';
export { SAMPLE_STATUS, type SampleStatus } from './head/sampleStatus.ts';
export type { Exemplar, MetricMetadata } from './wal/records.ts';
export { backfillOpenMetrics } from './openmetrics/backfill.ts';
export { exportPrometheusBlocks, type ExportOptions } from './prometheus/exportBlocks.ts';
export { importPrometheusBlocks, type ImportResult, type OnProgress } from './prometheus/importBlocks.ts';
export { listBlocks, type ListedBlock } from './block/listBlocks.ts';
export { crc32c } from './codec/crc32c.ts';
export { SampleSorter } from './openmetrics/sampleSorter.ts';
export { decodeChunk, encodeChunks, type ChunkSink, type PrometheusChunkData } from './prometheus/chunks.ts';
export type { ReplayProgress } from './wal/wal.ts';
