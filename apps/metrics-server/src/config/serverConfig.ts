import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { DEFAULT_PROTOCOLS, type EscapingScheme, type ScrapeProtocol } from '@binnacle/exposition';
import { EMPTY_LABELS, Labels } from '@binnacle/model';
import {
  compileRelabels,
  type CompiledRelabelConfig,
  type DiscoveryConfig,
  type HttpClientConfig,
} from '@binnacle/service-discovery';
import { loadConfig } from '@binnacle/service-kit';
import { MetricsServerError } from '../errors.ts';
import { schemaOfFactor } from '../scrape/histogramResolution.ts';
import {
  scrapeConfigFileSchema,
  type ConfigFile,
  type GlobalSection,
  type RemoteReadSection,
  type RemoteWriteSection,
  type ScrapeSection,
} from './configSchema.ts';
import { expandGlobs } from './globs.ts';
import { maskSecrets, scrapeSectionTexts } from './maskSecrets.ts';
import { ruleFileSchema, type GroupSection } from './ruleFileSchema.ts';

const DEFAULT_INTERVAL_MS = 60_000;

/** One scrape section with every default in place. Limits of 0 are no limit. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly protocols: readonly ScrapeProtocol[];
  readonly fallbackProtocol: ScrapeProtocol | undefined;
  readonly escaping: EscapingScheme;
  readonly nameValidation: 'utf8' | 'legacy';
  readonly scheme: string;
  readonly metricsPath: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly enableCompression: boolean;
  readonly nativeHistograms: boolean;
  readonly alwaysClassicHistograms: boolean;
  /** Classic histograms become native ones with custom buckets. */
  readonly convertClassicHistograms: boolean;
  readonly extraScrapeMetrics: boolean;
  readonly bodySizeLimit: number;
  readonly sampleLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly targetLimit: number;
  readonly keepDroppedTargets: number;
  readonly bucketLimit: number;
  /** Native histograms of a finer schema are stored at this one. */
  readonly maxSchema: number;
  /** One line of JSON for every scrape that fails goes here. */
  readonly failureLogFile: string | undefined;
  readonly metricRelabels: readonly CompiledRelabelConfig[];
  readonly discovery: DiscoveryConfig;
  readonly http: HttpClientConfig;
  /** Equal texts are equal configurations. */
  readonly fingerprint: string;
}

export interface RuleFile {
  readonly file: string;
  readonly groups: readonly GroupSection[];
}

/** The configuration as the server uses it. */
export interface ServerConfig {
  readonly scrape: readonly ScrapeConfig[];
  readonly ruleFiles: readonly RuleFile[];
  readonly externalLabels: Labels;
  /** Where a section does not say otherwise. */
  readonly scrapeIntervalMs: number;
  readonly evaluationIntervalMs: number;
  readonly ruleQueryOffsetMs: number;
  readonly queryLogFile: string | undefined;
  readonly outOfOrderWindowMs: number;
  readonly retentionMs: number | undefined;
  readonly retentionBytes: number | undefined;
  /** Of the disk that the data folder is on. */
  readonly retentionPercentage: number | undefined;
  readonly maxExemplars: number;
  readonly remoteWrite: readonly RemoteWriteSection[];
  readonly remoteRead: readonly RemoteReadSection[];
  /** Resource attributes of OTLP that become labels of every series. */
  readonly otlpPromoted: ReadonlySet<string>;
  /** The file for people, secrets masked. */
  readonly text: string;
  /** Its scrape sections, and those of further files, by job. */
  readonly scrapeSectionTexts: ReadonlyMap<string, string>;
  readonly baseDir: string;
}

/** What flags change about defaults. */
export interface ConfigDefaults {
  /** Targets are asked for protobuf first, which alone has native histograms and the times when counters began. */
  readonly prefersProtobuf?: boolean;
}

/** Reads everything that the configuration names. Throws ConfigError, DiscoveryError and METRICS_BAD_CONFIG. */
export async function resolveConfig(
  file: string,
  config: ConfigFile,
  { prefersProtobuf = false }: ConfigDefaults = {},
): Promise<ServerConfig> {
  const baseDir = file === '' ? '.' : dirname(file);
  refuseUnsupported(config);
  const global = config.global ?? {};
  const text = file === '' ? '' : maskSecrets(await readFile(file, 'utf8'));
  const sections = [...(config.scrape_configs ?? [])];
  const sectionTexts = scrapeSectionTexts(text);
  for (const path of await expandGlobs(config.scrape_config_files ?? [], baseDir)) {
    sections.push(...((await loadConfig(path, scrapeConfigFileSchema)).scrape_configs ?? []));
    for (const [job, own] of scrapeSectionTexts(maskSecrets(await readFile(path, 'utf8')))) {
      sectionTexts.set(job, own);
    }
  }
  const names = new Set<string>();
  for (const { job_name: name } of sections) {
    if (names.has(name)) {
      throw bad(`found multiple scrape configs with job name ${JSON.stringify(name)}; give each its own`);
    }
    names.add(name);
  }
  const ruleFiles: RuleFile[] = [];
  for (const path of await expandGlobs(config.rule_files ?? [], baseDir)) {
    ruleFiles.push({ file: path, groups: (await loadConfig(path, ruleFileSchema)).groups ?? [] });
  }
  return {
    scrape: sections.map((section) => scrapeConfigOf(section, global, prefersProtobuf, baseDir)),
    ruleFiles,
    externalLabels: global.external_labels === undefined ? EMPTY_LABELS : Labels.from(global.external_labels),
    scrapeIntervalMs: global.scrape_interval ?? DEFAULT_INTERVAL_MS,
    evaluationIntervalMs: global.evaluation_interval ?? DEFAULT_INTERVAL_MS,
    ruleQueryOffsetMs: global.rule_query_offset ?? 0,
    queryLogFile: global.query_log_file === undefined ? undefined : absolute(baseDir, global.query_log_file),
    outOfOrderWindowMs: config.storage?.tsdb?.out_of_order_time_window ?? 0,
    retentionMs: config.storage?.tsdb?.retention?.time,
    retentionBytes: config.storage?.tsdb?.retention?.size,
    retentionPercentage: config.storage?.tsdb?.retention?.percentage,
    maxExemplars: config.storage?.exemplars?.max_exemplars ?? 100_000,
    remoteWrite: config.remote_write ?? [],
    remoteRead: config.remote_read ?? [],
    otlpPromoted: new Set(config.otlp?.promote_resource_attributes ?? []),
    text,
    scrapeSectionTexts: sectionTexts,
    baseDir,
  };
}

function scrapeConfigOf(
  section: ScrapeSection,
  global: GlobalSection,
  prefersProtobuf: boolean,
  baseDir: string,
): ScrapeConfig {
  const own = { ...global, ...section };
  const intervalMs = own.scrape_interval ?? DEFAULT_INTERVAL_MS;
  const where = `scrape config ${JSON.stringify(section.job_name)}`;
  if (intervalMs <= 0) throw bad(`${where}: expected a scrape_interval above 0`);
  const timeoutMs = section.scrape_timeout ?? Math.min(global.scrape_timeout ?? 10_000, intervalMs);
  if (timeoutMs > intervalMs) {
    throw bad(`${where}: scrape timeout greater than scrape interval; lower scrape_timeout`);
  }
  const nameValidation = own.metric_name_validation_scheme ?? 'utf8';
  const nativeHistograms = own.scrape_native_histograms ?? false;
  return {
    jobName: section.job_name,
    intervalMs,
    timeoutMs,
    protocols: own.scrape_protocols ?? defaultProtocols(nativeHistograms || prefersProtobuf),
    fallbackProtocol: section.fallback_scrape_protocol,
    escaping: own.metric_name_escaping_scheme ?? (nameValidation === 'utf8' ? 'allow-utf-8' : 'underscores'),
    nameValidation,
    scheme: section.scheme ?? 'http',
    metricsPath: section.metrics_path ?? '/metrics',
    params: section.params ?? {},
    honorLabels: section.honor_labels ?? false,
    honorTimestamps: section.honor_timestamps ?? true,
    trackTimestampsStaleness: section.track_timestamps_staleness ?? false,
    enableCompression: section.enable_compression ?? true,
    nativeHistograms,
    alwaysClassicHistograms: own.always_scrape_classic_histograms ?? false,
    convertClassicHistograms: own.convert_classic_histograms_to_nhcb ?? false,
    extraScrapeMetrics: own.extra_scrape_metrics ?? false,
    bodySizeLimit: own.body_size_limit ?? 0,
    sampleLimit: own.sample_limit ?? 0,
    labelLimit: own.label_limit ?? 0,
    labelNameLengthLimit: own.label_name_length_limit ?? 0,
    labelValueLengthLimit: own.label_value_length_limit ?? 0,
    targetLimit: own.target_limit ?? 0,
    keepDroppedTargets: own.keep_dropped_targets ?? 0,
    bucketLimit: section.native_histogram_bucket_limit ?? 0,
    maxSchema: schemaOfFactor(section.native_histogram_min_bucket_factor ?? 0),
    failureLogFile: own.scrape_failure_log_file && absolute(baseDir, own.scrape_failure_log_file),
    metricRelabels: compileRelabels(section.metric_relabel_configs, { nameValidation }),
    discovery: section,
    http: section,
    fingerprint: JSON.stringify([section, global]),
  };
}

function defaultProtocols(protobufFirst: boolean): readonly ScrapeProtocol[] {
  return protobufFirst ? ['PrometheusProto', ...DEFAULT_PROTOCOLS] : DEFAULT_PROTOCOLS;
}

/** What Prometheus knows and this server does not is refused, never ignored. */
function refuseUnsupported(config: ConfigFile): void {
  if (config.tracing === undefined) return;
  throw bad('tracing: this server does not have it; take it out of the configuration');
}

function absolute(baseDir: string, path: string): string {
  return isAbsolute(path) ? path : join(baseDir, path);
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_BAD_CONFIG', message);
}
