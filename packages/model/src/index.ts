export { AnchoredRegex, RegexError } from './anchoredRegex.ts';
export { compareUtf8 } from './compareUtf8.ts';
export { DurationError, formatDuration, parseDuration } from './duration.ts';
export { formatGoFloat, parseGoFloat } from './goFloat.ts';
export { EMPTY_LABELS, Labels, LabelsBuilder, METRIC_NAME } from './labels.ts';
export { Matcher, type MatcherType } from './matcher.ts';
export {
  CUSTOM_BUCKETS_SCHEMA,
  MAX_EXPONENTIAL_SCHEMA,
  MIN_EXPONENTIAL_SCHEMA,
  NO_BUCKETS,
  customBucketHistogram,
  type CounterResetHint,
  type FloatHistogram,
  type HistogramSpan,
} from './nativeHistogram.ts';
export { replaceAllMatches } from './replaceAllMatches.ts';
export { isStaleAt, setStaleAt, STALE_NAN_HIGH, STALE_NAN_LOW } from './staleness.ts';
