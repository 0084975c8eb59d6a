import { discoveryProperties, httpClientProperties } from '@binnacle/service-discovery';
import { Duration, Size } from '@binnacle/service-kit';
import { Type, type StaticDecode } from 'typebox';
import { DEFAULT_INGEST_LIMITS } from '../aggregate/ingestor.ts';
import { DEFAULT_PAYLOAD_LIMITS } from '../payload/payload.ts';
import { GO_DURATION_PATTERN, parseGoDuration } from './goDuration.ts';

const goDuration = (options: { default?: string } = {}) =>
  Type.Codec(
    Type.String({ pattern: GO_DURATION_PATTERN, expected: 'a duration such as 30s or 1m30s', ...options }),
  )
    .Decode(parseGoDuration)
    .Encode((ms) => `${ms}ms`);

const count = (defaultValue: number) => Type.Optional(Type.Integer({ minimum: 1, default: defaultValue }));

/** `endpoint` and `refresh_interval` are Periskop's; the rest is ours. */
const scraper = Type.Object({
  endpoint: Type.Optional(Type.String()),
  refresh_interval: Type.Optional(goDuration()),
  timeout: Type.Optional(goDuration()),
  scheme: Type.Optional(Type.Union([Type.Literal('http'), Type.Literal('https')])),
  ...httpClientProperties,
});

const service = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 256 }),
  ...discoveryProperties,
  scraper: Type.Optional(scraper),
  /** Target labels that exceptions keep, for filters. All that relabeling leaves, unless listed. */
  labels: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 32 })),
});

const federation = Type.Object({
  name: Type.String({ minLength: 1 }),
  ...discoveryProperties,
  scraper: Type.Optional(scraper),
});

const limits = Type.Object({
  body_size: Type.Optional(Size({ default: '16MB' })),
  depth: count(DEFAULT_PAYLOAD_LIMITS.depth),
  causes: count(DEFAULT_PAYLOAD_LIMITS.causes),
  keys_per_target: count(DEFAULT_PAYLOAD_LIMITS.keysPerTarget),
  message_length: count(DEFAULT_PAYLOAD_LIMITS.messageLength),
  stack_lines: count(DEFAULT_PAYLOAD_LIMITS.stackLines),
  request_body_length: count(DEFAULT_PAYLOAD_LIMITS.requestBodyLength),
  samples_per_exception: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  exceptions_per_service: count(DEFAULT_INGEST_LIMITS.exceptionsPerService),
  targets_per_service: count(DEFAULT_INGEST_LIMITS.targetsPerService),
  services: count(DEFAULT_INGEST_LIMITS.services),
  concurrent_scrapes: count(64),
  concurrent_scrapes_per_service: count(8),
  metric_series: Type.Optional(Type.Integer({ minimum: 0, default: 10_000 })),
});

const retention = Type.Object({
  minutes: Type.Optional(Duration({ default: '24h' })),
  hours: Type.Optional(Duration({ default: '90d' })),
  exceptions: Type.Optional(Duration({ default: '90d' })),
  targets: Type.Optional(Duration({ default: '30d' })),
});

/** The configuration file: Periskop's keys unchanged, and ours beside them. */
export const configSchema = Type.Object({
  repository: Type.Optional(
    Type.Object({
      type: Type.Optional(
        Type.Union([
          Type.Literal('memory'),
          Type.Literal('sqlite'),
          Type.Literal('postgres'),
          Type.Literal('mysql'),
        ]),
      ),
      path: Type.Optional(Type.String()),
      dsn: Type.Optional(Type.String()),
    }),
  ),
  services: Type.Optional(Type.Array(service, { default: [], maxItems: 10_000 })),
  storage: Type.Optional(Type.Object({ url: Type.String({ minLength: 1 }) })),
  push: Type.Optional(
    Type.Object({ enabled: Type.Optional(Type.Boolean({ default: true })) }, { default: {} }),
  ),
  federation: Type.Optional(Type.Array(federation, { default: [], maxItems: 1000 })),
  limits: Type.Optional(Type.Object(limits.properties, { default: {} })),
  retention: Type.Optional(Type.Object(retention.properties, { default: {} })),
  metrics: Type.Optional(
    Type.Object({ periskop_names: Type.Optional(Type.Boolean({ default: false })) }, { default: {} }),
  ),
});

export type ConfigFile = StaticDecode<typeof configSchema>;
export type ServiceSection = NonNullable<ConfigFile['services']>[number];
export type FederationSection = NonNullable<ConfigFile['federation']>[number];
