import type { DiscoveryConfig, HttpClientConfig } from '@binnacle/service-discovery';
import { DEFAULT_INGEST_LIMITS, type IngestLimits } from '../aggregate/ingestor.ts';
import { ExceptionServerError } from '../errors.ts';
import { DEFAULT_PAYLOAD_LIMITS, type PayloadLimits } from '../payload/payload.ts';
import type { ConfigFile, FederationSection, ServiceSection } from './configSchema.ts';

/** Everything the configuration file decides, with defaults filled in. */
export interface ServerConfig {
  readonly sources: readonly SourceConfig[];
  readonly payloadLimits: PayloadLimits;
  readonly ingestLimits: IngestLimits;
  readonly concurrentScrapes: number;
  readonly concurrentScrapesPerService: number;
  readonly metricSeries: number;
  readonly periskopMetricNames: boolean;
  readonly pushEnabled: boolean;
  readonly retention: Retention;
}

/** A group of targets that are scraped alike: those of a service, or servers to federate from. */
export interface SourceConfig {
  readonly kind: 'service' | 'federation';
  readonly name: string;
  readonly discovery: DiscoveryConfig;
  readonly http: HttpClientConfig;
  readonly scheme: 'http' | 'https';
  readonly path: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Target labels to keep; undefined keeps all. */
  readonly keptLabels: readonly string[] | undefined;
}

/** How long each kind of record is kept. */
export interface Retention {
  readonly minutesMs: number;
  readonly hoursMs: number;
  readonly exceptionsMs: number;
  readonly targetsMs: number;
}

const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const FEDERATION_PATH = '/-/exceptions';
const DAY_MS = 86_400_000;

/** Throws EXCEPTIONS_BAD_CONFIG for what the schema cannot see. */
export function serverConfigOf(file: ConfigFile): ServerConfig {
  const { limits = {}, retention = {}, services = [], federation = [] } = file;
  const sources = [
    ...services.map((section) => sourceOf('service', section, '')),
    ...federation.map((section) => sourceOf('federation', section, FEDERATION_PATH)),
  ];
  refuseTwice(sources);
  return {
    sources,
    payloadLimits: {
      ...DEFAULT_PAYLOAD_LIMITS,
      bodyBytes: limits.body_size ?? DEFAULT_PAYLOAD_LIMITS.bodyBytes,
      depth: limits.depth ?? DEFAULT_PAYLOAD_LIMITS.depth,
      causes: limits.causes ?? DEFAULT_PAYLOAD_LIMITS.causes,
      keysPerTarget: limits.keys_per_target ?? DEFAULT_PAYLOAD_LIMITS.keysPerTarget,
      messageLength: limits.message_length ?? DEFAULT_PAYLOAD_LIMITS.messageLength,
      stackLines: limits.stack_lines ?? DEFAULT_PAYLOAD_LIMITS.stackLines,
      requestBodyLength: limits.request_body_length ?? DEFAULT_PAYLOAD_LIMITS.requestBodyLength,
    },
    ingestLimits: {
      services: limits.services ?? DEFAULT_INGEST_LIMITS.services,
      targetsPerService: limits.targets_per_service ?? DEFAULT_INGEST_LIMITS.targetsPerService,
      exceptionsPerService: limits.exceptions_per_service ?? DEFAULT_INGEST_LIMITS.exceptionsPerService,
      samplesPerException: limits.samples_per_exception ?? DEFAULT_INGEST_LIMITS.samplesPerException,
    },
    concurrentScrapes: limits.concurrent_scrapes ?? 64,
    concurrentScrapesPerService: limits.concurrent_scrapes_per_service ?? 8,
    metricSeries: limits.metric_series ?? 10_000,
    periskopMetricNames: file.metrics?.periskop_names ?? false,
    pushEnabled: file.push?.enabled ?? true,
    retention: {
      minutesMs: retention.minutes ?? DAY_MS,
      hoursMs: retention.hours ?? 90 * DAY_MS,
      exceptionsMs: retention.exceptions ?? 90 * DAY_MS,
      targetsMs: retention.targets ?? 30 * DAY_MS,
    },
  };
}

function sourceOf(
  kind: SourceConfig['kind'],
  section: ServiceSection | FederationSection,
  defaultPath: string,
): SourceConfig {
  const { name, scraper = {}, ...rest } = section;
  const { endpoint = defaultPath, refresh_interval, timeout, scheme = 'http', ...http } = scraper;
  const { labels: keptLabels, ...discovery } = 'labels' in rest ? rest : { ...rest, labels: undefined };
  const [path = '', query = ''] = splitOnce(endpoint, '?');
  return {
    kind,
    name,
    discovery,
    http,
    scheme,
    path,
    params: paramsOf(query),
    intervalMs: refresh_interval ?? DEFAULT_INTERVAL_MS,
    timeoutMs: timeout ?? DEFAULT_TIMEOUT_MS,
    keptLabels,
  };
}

/** Two sections of one name would scrape into the same totals; Periskop let the last one win. */
function refuseTwice(sources: readonly SourceConfig[]): void {
  const seen = new Set<string>();
  for (const { kind, name } of sources) {
    if (seen.has(`${kind} ${name}`)) {
      throw new ExceptionServerError(
        'EXCEPTIONS_BAD_CONFIG',
        `${kind} ${JSON.stringify(name)} is configured twice; put all its targets into one section`,
      );
    }
    seen.add(`${kind} ${name}`);
  }
}

function paramsOf(query: string): Record<string, string[]> {
  const params: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) (params[name] ??= []).push(value);
  return params;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
