export { systemClock, type Clock } from './clock.ts';
export { Duration, HttpUrl, Secret, Size, type ConfigTypeOptions } from './config/configTypes.ts';
export { loadConfig, parseConfig } from './config/loadConfig.ts';
export {
  ConfigError,
  HttpError,
  ServiceError,
  UsageError,
  type ConfigProblem,
  type ServiceErrorCode,
} from './errors.ts';
export type { CommonFlagDefaults, CommonFlagValues } from './flags/commonFlags.ts';
export { flag, type Flag, type FlagDefinitions, type FlagValues } from './flags/flagDefinitions.ts';
export { formatSize, parseSize } from './flags/size.ts';
export { NO_REQUEST_TIMEOUT } from './http/createApp.ts';
export { publicError, type ErrorBody, type PublicError } from './http/errorReply.ts';
export { runService } from './runService.ts';
export type { Service, ServiceApp, ServiceContext, ServiceDefinition } from './serviceDefinition.ts';
export { startService, type RunningService, type StartOptions } from './startService.ts';
export type { ReportException } from './telemetry.ts';
export { checkWebConfig, type WebConfigSummary } from './webConfig/loadWebConfig.ts';
