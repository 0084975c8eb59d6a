import { flag, type FlagValues } from '@binnacle/service-kit';

const storage = { group: 'Storage' } as const;
const query = { group: 'Queries' } as const;
const accepted = { group: 'Accepted without effect', hidden: true } as const;

/** Prometheus's flags, beside those of every server. */
export const FLAGS = {
  'storage.tsdb.path': flag.string({
    ...storage,
    help: 'Folder for the samples.',
    placeholder: 'path',
    default: 'data/',
  }),
  'storage.tsdb.retention.time': flag.duration({
    ...storage,
    help: 'How long samples are kept. 15d unless this, the configuration file or a size says otherwise.',
  }),
  'storage.tsdb.retention.size': flag.size({
    ...storage,
    help: 'The oldest blocks go when there is more than this; 0 sets no limit.',
    default: '0',
  }),
  'storage.tsdb.max-series': flag.int({
    ...storage,
    help: 'Series that may be active at one time; more are refused.',
    min: 1000,
    max: 2 ** 24,
    default: 4_000_000,
  }),
  'storage.remote.read-sample-limit': flag.int({
    ...storage,
    help: 'Samples that one remote read may return; 0 sets no limit.',
    min: 0,
    default: 50_000_000,
  }),
  'storage.remote.read-max-bytes-in-frame': flag.int({
    ...storage,
    help: 'Size from which a frame of a remote read answer in chunks ends.',
    min: 1024,
    max: 2 ** 30,
    default: 1_048_576,
  }),
  'web.enable-admin-api': flag.boolean({ group: 'Web', help: 'Allow deletion and snapshots over HTTP.' }),
  'web.enable-remote-write-receiver': flag.boolean({
    group: 'Web',
    help: 'Accept remote write 1.0 and 2.0 at /api/v1/write.',
  }),
  'web.enable-otlp-receiver': flag.boolean({
    group: 'Web',
    help: 'Accept OTLP metrics at /api/v1/otlp/v1/metrics.',
  }),
  'web.page-title': flag.string({
    group: 'Web',
    help: 'Title of the page at /query.',
    default: 'Binnacle metrics server',
  }),
  'web.dashboard-url': flag.string({
    group: 'Web',
    help: 'Address of the Binnacle dashboard, which the page at /query links to.',
    placeholder: 'url',
    default: '',
  }),
  'query.lookback-delta': flag.duration({
    ...query,
    help: 'How far back an instant selector looks for a sample.',
    default: '5m',
  }),
  'query.timeout': flag.duration({
    ...query,
    help: 'How long a query may run before it is aborted.',
    default: '2m',
  }),
  'query.max-concurrency': flag.int({
    ...query,
    help: 'Queries that may run at one time, at most one a processor; more wait.',
    min: 1,
    default: 20,
  }),
  'query.max-samples': flag.int({
    ...query,
    help: 'Samples that one query may hold in memory.',
    min: 1,
    default: 50_000_000,
  }),
  'events.url': flag.string({
    group: 'Events',
    help: 'stream-service that alerts and targets that go up or down are told to. Empty: none.',
    placeholder: 'url',
    default: '',
  }),
  'events.kafka-brokers': flag.string({
    group: 'Events',
    help: 'Kafka brokers (host:port, apart by commas) that they are told to instead.',
    default: '',
  }),
  'events.kafka-topic': flag.string({ group: 'Events', help: 'Topic of these events.', default: 'events' }),
  'enable-feature': flag.strings({
    group: 'Features',
    help: "Switch on features by Prometheus's names, separated by commas.",
  }),
  'rules.alert.resend-delay': flag.duration({ ...accepted, help: 'Alerts are not yet sent.' }),
  'web.console.templates': flag.string({ ...accepted, help: 'Console templates are not served.' }),
  'web.console.libraries': flag.string({ ...accepted, help: 'Console templates are not served.' }),
  'storage.tsdb.wal-compression': flag.boolean({ ...accepted, help: 'The log has a format of its own.' }),
  'storage.tsdb.no-lockfile': flag.boolean({ ...accepted, help: 'The folder is always locked.' }),
} as const;

export type Flags = FlagValues<typeof FLAGS>;

/** Flags that were given and do nothing here, with the reason. */
export function flagsWithoutEffect(flags: Flags): string[] {
  return Object.entries(FLAGS)
    .filter(
      ([name, { hidden }]) => hidden && ![undefined, false].includes(flags[name as keyof Flags] as never),
    )
    .map(([name, { help }]) => `--${name} has no effect: ${help}`);
}
