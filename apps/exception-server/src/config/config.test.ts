import { parseConfig } from '@binnacle/service-kit';
import { describe, expect, it } from 'vitest';
import { configSchema } from './configSchema.ts';
import { serverConfigOf } from './serverConfig.ts';
import { postgresUrl, storageUrlOf } from './storageUrl.ts';

const parse = (text: string) => parseConfig('periskop.yaml', text, configSchema);
const load = (text: string) => serverConfigOf(parse(text));

const PERISKOP = `
repository:
  type: sqlite
  path: /var/lib/periskop.db
services:
  - name: checkout
    dns_sd_configs:
      - names: [checkout.internal]
        type: A
        port: 8080
        refresh_interval: 10s
    relabel_configs:
      - source_labels: [__address__]
        regex: "(.*)"
        target_label: instance
    scraper:
      endpoint: /-/exceptions
      refresh_interval: 1m30s
  - name: search
    static_configs:
      - targets: [127.0.0.1:3000]
    scraper:
      endpoint: /errors?format=json
`;

describe('the configuration file', () => {
  it('is Periskop’s, unchanged', () => {
    const { sources } = load(PERISKOP);
    expect(sources[0]).toMatchObject({
      kind: 'service',
      name: 'checkout',
      scheme: 'http',
      path: '/-/exceptions',
      intervalMs: 90_000,
    });
    expect(sources[1]).toMatchObject({ path: '/errors', params: { format: ['json'] } });
    expect(storageUrlOf(parse(PERISKOP), undefined, 'default')).toBe('/var/lib/periskop.db');
  });

  it('scrapes every 30 s where no interval is given, never in a busy loop', () => {
    expect(load('services: [{name: a}]').sources[0]!.intervalMs).toBe(30_000);
    expect(load('services: [{name: a, scraper: {refresh_interval: 1.5h}}]').sources[0]!.intervalMs).toBe(
      5_400_000,
    );
    expect(load('services: [{name: a, scraper: {refresh_interval: 5us}}]').sources[0]!.intervalMs).toBe(1);
    expect(load('').sources).toEqual([]);
  });

  it('takes our additions', () => {
    const config = load(`
services:
  - name: a
    labels: [region]
    scraper: {scheme: https, timeout: 3s, tls_config: {insecure_skip_verify: true}, basic_auth: {username: u, password: p}}
storage: {url: "postgres://db/x"}
push: {enabled: false}
limits: {body_size: 1MB, exceptions_per_service: 5, metric_series: 0}
retention: {minutes: 2h, exceptions: 7d}
federation:
  - name: eu
    static_configs: [{targets: [eu:9595]}]
metrics: {periskop_names: true}
`);
    expect(config).toMatchObject({
      pushEnabled: false,
      metricSeries: 0,
      periskopMetricNames: true,
      payloadLimits: { bodyBytes: 1_048_576, depth: 100 },
      ingestLimits: { exceptionsPerService: 5, services: 1000 },
      retention: { minutesMs: 7_200_000, exceptionsMs: 604_800_000 },
    });
    expect(config.sources[0]).toMatchObject({ scheme: 'https', timeoutMs: 3000, keptLabels: ['region'] });
    expect(config.sources[0]!.http).toMatchObject({ basic_auth: { username: 'u' } });
    expect(config.sources[1]).toMatchObject({ kind: 'federation', path: '/-/exceptions' });
  });

  it.each([
    ['services: [{name: a, scrapper: {}}]', /yaml:1:22.*"scrapper"; did you mean scraper/],
    ['services: [{static_configs: []}]', /name/],
    ['services: [{name: ""}]', /name/],
    ['services: [{name: a, scraper: {refresh_interval: 0s}}]', /refresh_interval.*a duration/s],
    ['services: [{name: a, scraper: {refresh_interval: soon}}]', /refresh_interval/],
    ['services: [{name: a}, {name: a}]', /"a" is configured twice/],
    ['services: [{name: a, gce_sd_configs: []}]', /yaml:1:\d+.*gce_sd_configs.*not built in/s],
    ['limits: {depth: 0}', /depth/],
    ['limits: {body_size: huge}', /body_size/],
    ['repository: {type: oracle}', /type/],
    ['retention: {hours: never}', /hours/],
    ['services: [{name: a', /yaml/i],
    ['- 1', /expected a mapping/],
  ])('refuses %s and says where', (text, message) => {
    expect(() => load(text)).toThrow(message);
  });
});

describe('where the store is', () => {
  const at = (text: string, flag?: string) => storageUrlOf(parse(text), flag, 'fallback');
  it('is said by the flag, the file or Periskop’s repository, in this order', () => {
    expect(at('storage: {url: a}\nrepository: {type: sqlite, path: b}', 'c')).toBe('c');
    expect(at('storage: {url: a}\nrepository: {type: sqlite, path: b}')).toBe('a');
    expect(at('repository: {type: memory}')).toBe(':memory:');
    expect(at('')).toBe('fallback');
  });

  it('reads libpq texts', () => {
    expect(postgresUrl("host=db port=5433 user=me password='p@ s\\'s' dbname=x sslmode=disable")).toBe(
      "postgres://me:p%40%20s's@db:5433/x?sslmode=disable",
    );
    expect(postgresUrl('host=/run/pg user=me dbname=x')).toBe('postgres://me@localhost/x?host=%2Frun%2Fpg');
    expect(postgresUrl('postgres://a/b')).toBe('postgres://a/b');
  });

  it.each([
    ['repository: {type: mysql, dsn: x}', /mysql is not supported/],
    ['repository: {type: sqlite}', /needs repository.path/],
    ['repository: {type: postgres}', /needs repository.dsn/],
    ['repository: {type: postgres, dsn: nonsense}', /expected postgres/],
  ])('refuses %s', (text, message) => {
    expect(() => at(text)).toThrow(message);
  });
});
