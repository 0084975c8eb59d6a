export { ExpositionError, type ExpositionErrorCode } from './errors.ts';
export {
  acceptHeader,
  contentTypeOf,
  DEFAULT_PROTOCOLS,
  formatOf,
  negotiateText,
  type EscapingScheme,
  type ScrapeProtocol,
} from './format.ts';
export type { ExpositionHandler, MetadataKind, SeriesRef } from './handler.ts';
export { ProtobufParser, type ProtobufOptions } from './protobufParser.ts';
export { TextParser } from './textParser.ts';
export {
  seriesText,
  writeOpenMetrics,
  writeText,
  type OutgoingFamily,
  type OutgoingSample,
} from './writer.ts';
