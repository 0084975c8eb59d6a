export { DiscoveryError, type DiscoveryErrorCode } from './errors.ts';
export { systemClock, type Clock, type Log } from './context.ts';
export {
  consulSdConfigs,
  discoveryProperties,
  dnsSdConfigs,
  fileSdConfigs,
  httpSdConfigs,
  kubernetesSdConfigs,
  staticConfigs,
  type DiscoveryConfig,
} from './schema/discoverySchema.ts';
export {
  relabelConfigs,
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelConfig,
} from './schema/relabelSchema.ts';
export {
  httpClientProperties,
  tlsConfig,
  type HttpClientConfig,
  type TlsConfig,
} from './schema/httpClientSchema.ts';
export { compileRelabel, compileRelabels, type CompiledRelabelConfig } from './relabel/compileRelabel.ts';
export { relabel, relabelSteps, type RelabelStep } from './relabel/relabel.ts';
export {
  createTargetPool,
  type TargetPool,
  type TargetPoolOptions,
  type TargetPoolReload,
} from './pool/targetPool.ts';
export type { DroppedTarget, Target, TargetDefaults } from './pool/target.ts';
export type { TargetUpdate } from './pool/targetList.ts';
export type { ProviderStatus } from './pool/providerSlot.ts';
export { systemAddresses, type AddressLookup } from './http/addressSpread.ts';
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from './http/httpClient.ts';
export { networkReason } from './http/networkReason.ts';
export { readBody } from './http/readBody.ts';
export type { DnsRecord, DnsRecordType, DnsResolver } from './providers/dnsResolver.ts';
