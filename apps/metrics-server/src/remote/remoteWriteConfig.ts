import { createHash } from 'node:crypto';
import {
  compileRelabels,
  type CompiledRelabelConfig,
  type HttpClientConfig,
} from '@binnacle/service-discovery';
import type { RemoteWriteSection } from '../config/configSchema.ts';

/** One `remote_write` section with every default in place. */
export interface RemoteWriteConfig {
  readonly name: string;
  readonly url: string;
  readonly version: 1 | 2;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly relabels: readonly CompiledRelabelConfig[];
  readonly sendHistograms: boolean;
  readonly sendExemplars: boolean;
  readonly maxShards: number;
  readonly maxSamplesPerSend: number;
  readonly batchSendDeadlineMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly retryOn429: boolean;
  /** Older samples are not sent any more; 0 is no limit. */
  readonly sampleAgeLimitMs: number;
  readonly metadataIntervalMs: number | undefined;
  readonly maxMetadataPerSend: number;
  readonly http: HttpClientConfig;
  /** Each request goes to any of the addresses of the receiver's name. */
  readonly roundRobinDns: boolean;
}

/** Fills in Prometheus's defaults. Throws DiscoveryError for rules that are not valid. */
export function remoteWriteConfigOf(section: RemoteWriteSection): RemoteWriteConfig {
  const queue = section.queue_config ?? {};
  const { send = true, send_interval: intervalMs = 60_000 } = section.metadata_config ?? {};
  return {
    name: section.name ?? createHash('sha256').update(section.url).digest('hex').slice(0, 6),
    url: section.url,
    version: section.protobuf_message === 'io.prometheus.write.v2.Request' ? 2 : 1,
    timeoutMs: section.remote_timeout ?? 30_000,
    headers: section.headers ?? {},
    relabels: compileRelabels(section.write_relabel_configs),
    sendHistograms: section.send_native_histograms ?? false,
    sendExemplars: section.send_exemplars ?? false,
    maxShards: queue.max_shards ?? 50,
    maxSamplesPerSend: queue.max_samples_per_send ?? 2000,
    batchSendDeadlineMs: queue.batch_send_deadline ?? 5000,
    minBackoffMs: queue.min_backoff ?? 30,
    maxBackoffMs: queue.max_backoff ?? 5000,
    retryOn429: queue.retry_on_http_429 ?? false,
    sampleAgeLimitMs: queue.sample_age_limit ?? 0,
    metadataIntervalMs: send ? intervalMs : undefined,
    maxMetadataPerSend: section.metadata_config?.max_samples_per_send || 2000,
    http: section,
    roundRobinDns: section.round_robin_dns ?? false,
  };
}
