export { type StoredHistogram } from './codec/histogramCodec.ts';
export { createStoredBuffer } from './db/series.ts';
export { TSDB_ERRORS, TsdbError } from './errors.ts';
export { SAMPLE_STATUS, type SampleStatus } from './head/appender.ts';
export { Head, type HeadOptions } from './head/head.ts';
export { SampleBatch } from './head/sampleBatch.ts';
