export { type PlanNode } from './engine/explain.ts';
export { Engine, type InstantQuery, type QuerySettings, type RangeQuery } from './engine/engine.ts';
export { type Grid } from './engine/grid.ts';
export {
  DEFAULT_LIMITS,
  DEFAULT_OPTIONS,
  NO_ENGINE_FEATURES,
  TEST_SUITE_FEATURES,
  type EngineFeatures,
  type EngineOptions,
  type QueryLimits,
} from './engine/options.ts';
export { type CancelFlag, type QueryStats } from './engine/queryContext.ts';
export { QueryError, type QueryErrorCode } from './engine/queryError.ts';
export { type MatrixSeries, type QueryResult, type QueryValue } from './engine/result.ts';
export { ABSENT, FLOAT, HISTOGRAM, type Row } from './engine/row.ts';
export { combineHistograms } from './histogram/arithmetic.ts';
export { isCounterReset } from './histogram/compare.ts';
export { withResetHint } from './histogram/resetHint.ts';
export { histogramText } from './histogram/text.ts';
export { encodeResponse, encodeValue } from './json/encode.ts';
export { MemoryStore, type MemorySample } from './memoryStore.ts';
export * as ast from './parser/ast.ts';
export { type Expr } from './parser/ast.ts';
export { astToJson } from './parser/astJson.ts';
export { ALL_FEATURES, NO_FEATURES, type LanguageFeatures } from './parser/features.ts';
export { FUNCTIONS, type FunctionSignature, type ValueType } from './parser/functions.ts';
export { MAX_DEPTH, MAX_QUERY_LENGTH, parse } from './parser/parser.ts';
export { ParseError } from './parser/parseError.ts';
export { prettyPrint, print } from './parser/printer.ts';
export { lineColumn, type Span } from './parser/span.ts';
export { sameHistogram } from './promqltest/compareResult.ts';
export { loadedSamples, type LoadedSample } from './promqltest/loadedSamples.ts';
export { runScript, type Evaluation } from './promqltest/runScript.ts';
export { parseScript, type EvalCommand, type LoadCommand } from './promqltest/script.ts';
export { parseSeriesLine, type SequenceValue, type SeriesLine } from './promqltest/seriesLine.ts';
export { quote } from './text/goText.ts';
export { openShared, SharedMemoryStore } from './sharedMemoryStore.ts';
export { QueryRunner, type CancelSignal, type QueryRunnerOptions } from './worker/queryRunner.ts';
export {
  createSampleBuffer,
  type Queryable,
  type SampleBuffer,
  type SelectRange,
  type SeriesSet,
  type ShareableQueryable,
} from './storage.ts';
