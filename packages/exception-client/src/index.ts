export { OVERFLOW_KEY, type ExportOptions, type ReportOptions } from './collector.ts';
export { type Clock } from './clock.ts';
export { ExceptionClientError, type ExceptionClientErrorCode } from './errors.ts';
export type {
  PeriskopAggregate,
  PeriskopError,
  PeriskopExport,
  PeriskopHttpContext,
  PeriskopOccurrence,
  Severity,
} from './exportFormat.ts';
export { EXCEPTIONS_PATH, type ExceptionsHandler } from './handler.ts';
export { expressErrorHandler, withExceptions, type ExpressErrorHandler } from './httpAdapters.ts';
export { type HttpContext } from './httpContext.ts';
export {
  createExceptionCollector,
  type ExceptionCollector,
  type NodeCollectorOptions,
} from './nodeCollector.ts';
export { type CollectorOptions, type Limits } from './options.ts';
export { type Push, type PushOptions } from './push.ts';
export { DEFAULT_REDACTED_NAMES } from './redact.ts';
export { requestContext, type RequestContextOptions, type RequestLike } from './requestContext.ts';
