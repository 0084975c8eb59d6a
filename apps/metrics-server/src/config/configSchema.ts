import {
  discoveryProperties,
  httpClientProperties,
  relabelConfigs,
  tlsConfig,
} from '@binnacle/service-discovery';
import { Duration, Secret, Size } from '@binnacle/service-kit';
import { Type, type StaticDecode } from 'typebox';

const optional = Type.Optional;
const count = () => optional(Type.Integer({ minimum: 0 }));
const flag = () => optional(Type.Boolean());
const labelSet = () => optional(Type.Record(Type.String({ minLength: 1 }), Type.String()));

export const SCRAPE_PROTOCOLS = [
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
] as const;
const scrapeProtocol = Type.Enum([...SCRAPE_PROTOCOLS]);
const nameValidation = optional(Type.Enum(['utf8', 'legacy']));
const nameEscaping = optional(Type.Enum(['allow-utf-8', 'underscores', 'dots', 'values']));

/** Keys that `global` gives a default for and a scrape section may set otherwise. */
const scrapeSettings = {
  scrape_interval: optional(Duration()),
  scrape_timeout: optional(Duration()),
  scrape_protocols: optional(Type.Array(scrapeProtocol, { minItems: 1, uniqueItems: true })),
  body_size_limit: optional(Size()),
  sample_limit: count(),
  label_limit: count(),
  label_name_length_limit: count(),
  label_value_length_limit: count(),
  target_limit: count(),
  keep_dropped_targets: count(),
  metric_name_validation_scheme: nameValidation,
  metric_name_escaping_scheme: nameEscaping,
  scrape_native_histograms: flag(),
  convert_classic_histograms_to_nhcb: flag(),
  always_scrape_classic_histograms: flag(),
  scrape_failure_log_file: optional(Type.String()),
  extra_scrape_metrics: flag(),
};

const globalConfig = Type.Object({
  ...scrapeSettings,
  evaluation_interval: optional(Duration()),
  rule_query_offset: optional(Duration()),
  external_labels: labelSet(),
  query_log_file: optional(Type.String()),
});

const scrapeConfig = Type.Object({
  job_name: Type.String({ minLength: 1 }),
  ...scrapeSettings,
  fallback_scrape_protocol: optional(scrapeProtocol),
  metrics_path: optional(Type.String()),
  scheme: optional(Type.Enum(['http', 'https'])),
  params: optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  honor_labels: flag(),
  honor_timestamps: flag(),
  track_timestamps_staleness: flag(),
  enable_compression: flag(),
  native_histogram_bucket_limit: count(),
  native_histogram_min_bucket_factor: optional(Type.Number({ minimum: 0 })),
  metric_relabel_configs: optional(relabelConfigs),
  ...discoveryProperties,
  ...httpClientProperties,
});

const alertmanagerConfig = Type.Object({
  scheme: optional(Type.Enum(['http', 'https'])),
  path_prefix: optional(Type.String()),
  timeout: optional(Duration()),
  api_version: optional(Type.Literal('v2')),
  alert_relabel_configs: optional(relabelConfigs),
  ...discoveryProperties,
  ...httpClientProperties,
});

const queueConfig = Type.Object({
  capacity: count(),
  max_shards: count(),
  min_shards: count(),
  max_samples_per_send: count(),
  batch_send_deadline: optional(Duration()),
  min_backoff: optional(Duration()),
  max_backoff: optional(Duration()),
  retry_on_http_429: flag(),
  sample_age_limit: optional(Duration()),
});

const remoteWrite = Type.Object({
  url: Type.String({ minLength: 1 }),
  protobuf_message: optional(Type.Enum(['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'])),
  remote_timeout: optional(Duration()),
  headers: optional(Type.Record(Type.String(), Type.String())),
  write_relabel_configs: optional(relabelConfigs),
  name: optional(Type.String()),
  send_exemplars: flag(),
  send_native_histograms: flag(),
  round_robin_dns: flag(),
  queue_config: optional(queueConfig),
  metadata_config: optional(
    Type.Object({
      send: flag(),
      send_interval: optional(Duration()),
      max_samples_per_send: count(),
    }),
  ),
  ...httpClientProperties,
});

const remoteRead = Type.Object({
  url: Type.String({ minLength: 1 }),
  name: optional(Type.String()),
  remote_timeout: optional(Duration()),
  headers: optional(Type.Record(Type.String(), Type.String())),
  required_matchers: labelSet(),
  read_recent: flag(),
  filter_external_labels: flag(),
  ...httpClientProperties,
});

const storage = Type.Object({
  tsdb: optional(
    Type.Object({
      out_of_order_time_window: optional(Duration()),
      stale_series_compaction_threshold: optional(Type.Number({ minimum: 0 })),
      chunk_encoding: optional(
        Type.Object({ floats: optional(Type.Union([Type.Literal('xor'), Type.Literal('xor2')])) }),
      ),
      retention: optional(
        Type.Object({
          time: optional(Duration()),
          size: optional(Size()),
          percentage: optional(Type.Number({ minimum: 0, maximum: 100 })),
        }),
      ),
    }),
  ),
  exemplars: optional(Type.Object({ max_exemplars: optional(Type.Integer({ minimum: 0 })) })),
});

const otlp = Type.Object({
  promote_resource_attributes: optional(Type.Array(Type.String())),
  translation_strategy: optional(Type.Literal('UnderscoreEscapingWithSuffixes')),
});

const tracing = Type.Object({
  client_type: optional(Type.String()),
  endpoint: optional(Type.String()),
  sampling_fraction: optional(Type.Number()),
  insecure: flag(),
  tls_config: optional(tlsConfig),
  headers: optional(Type.Record(Type.String(), Secret())),
  compression: optional(Type.String()),
  timeout: optional(Duration()),
});

/** prometheus.yml. */
export const configSchema = Type.Object({
  global: optional(globalConfig),
  runtime: optional(Type.Object({ gogc: optional(Type.Integer()) })),
  rule_files: optional(Type.Array(Type.String({ minLength: 1 }))),
  scrape_config_files: optional(Type.Array(Type.String({ minLength: 1 }))),
  scrape_configs: optional(Type.Array(scrapeConfig)),
  alerting: optional(
    Type.Object({
      alert_relabel_configs: optional(relabelConfigs),
      alertmanagers: optional(Type.Array(alertmanagerConfig)),
    }),
  ),
  remote_write: optional(Type.Array(remoteWrite)),
  remote_read: optional(Type.Array(remoteRead)),
  storage: optional(storage),
  otlp: optional(otlp),
  tracing: optional(tracing),
});

/** A file that `scrape_config_files` names. */
export const scrapeConfigFileSchema = Type.Object({ scrape_configs: optional(Type.Array(scrapeConfig)) });

export type ConfigFile = StaticDecode<typeof configSchema>;
export type GlobalSection = StaticDecode<typeof globalConfig>;
export type ScrapeSection = StaticDecode<typeof scrapeConfig>;
export type RemoteWriteSection = StaticDecode<typeof remoteWrite>;
export type RemoteReadSection = StaticDecode<typeof remoteRead>;
