import { FakeClock, waitFor } from '@binnacle/testing';
import * as fc from 'fast-check';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { createTargetPool, discoveryProperties, type DiscoveryConfig, type TargetUpdate } from '../index.ts';
import { httpFake, sendJson } from '../testing/httpFake.ts';
import { strictObject } from '../schema/primitives.ts';
import type { TargetGroup } from '../targetGroup.ts';
import { TargetList } from './targetList.ts';
import { UpdateSchedule } from './updateSchedule.ts';

function statics(...targets: string[]): DiscoveryConfig {
  return { static_configs: [{ targets }] };
}

function urls(targets: readonly { url: string }[]): string[] {
  return targets.map((target) => target.url);
}

it('has the static targets before start returns', async () => {
  const pool = createTargetPool({
    name: 'api',
    config: { static_configs: [{ targets: ['a:1', '[::1]:2', 'c'], labels: { zone: 'z' } }] },
    defaults: { metricsPath: '/-/exceptions', params: { full: ['1', '2'] } },
  });
  const started = pool.start();
  const [first] = pool.active();
  await started;
  expect(urls(pool.active())).toEqual([
    'http://a:1/-/exceptions?full=1&full=2',
    'http://[::1]:2/-/exceptions?full=1&full=2',
    'http://c/-/exceptions?full=1&full=2',
  ]);
  expect(first!.labels.toJSON()).toEqual({ instance: 'a:1', job: 'api', zone: 'z' });
  expect(first!.discoveredLabels.toJSON()).toEqual({
    __address__: 'a:1',
    __metrics_path__: '/-/exceptions',
    __param_full: '1',
    __scheme__: 'http',
    job: 'api',
    zone: 'z',
  });
  expect(first).toMatchObject({ address: 'a:1', scheme: 'http', metricsPath: '/-/exceptions' });
  expect(first!.params).toEqual({ full: ['1', '2'] });
  await pool.stop();
});

it('lets relabeling choose everything that a URL is made of', async () => {
  const set = (target_label: string, replacement: string): object => ({ target_label, replacement });
  const pool = createTargetPool({
    name: 'probe',
    config: {
      ...statics('https://example.org'),
      relabel_configs: [
        { source_labels: ['__address__'], target_label: '__param_target' },
        { source_labels: ['__address__'], target_label: 'instance' },
        set('__address__', 'prober:9115'),
        set('__scheme__', 'https'),
        set('__metrics_path__', 'probe'),
        set('__scrape_interval__', '2m'),
      ],
    },
    defaults: { params: { target: ['x', 'y'] }, scrapeIntervalMs: 60_000, scrapeTimeoutMs: 10_000 },
  });
  await pool.start();
  expect(pool.active()[0]).toMatchObject({
    url: 'https://prober:9115/probe?target=https%3A%2F%2Fexample.org&target=y',
    scrapeIntervalMs: 120_000,
    scrapeTimeoutMs: 10_000,
  });
  expect(pool.active()[0]!.labels.toJSON()).toEqual({ instance: 'https://example.org', job: 'probe' });
});

it('says why a target was dropped', async () => {
  const when = (address: string, target_label: string, replacement: string): object => ({
    source_labels: ['__address__'],
    regex: address,
    target_label,
    replacement,
  });
  const pool = createTargetPool({
    name: 'api',
    config: {
      ...statics('gone', 'kept', '', 'a/b', 'slow', 'fast', 'odd'),
      relabel_configs: [
        { action: 'drop', regex: 'never', source_labels: ['job'] },
        { action: 'drop', regex: 'gone', source_labels: ['__address__'] },
        when('slow', '__scrape_timeout__', '2m'),
        when('fast', '__scrape_interval__', '0s'),
        when('odd', '__scrape_interval__', 'soon'),
      ],
    },
    defaults: { scrapeIntervalMs: 60_000, scrapeTimeoutMs: 10_000 },
  });
  await pool.start();
  expect(urls(pool.active())).toEqual(['http://kept/metrics']);
  expect(pool.dropped().map((target) => [target.discoveredLabels.get('__address__'), target.reason])).toEqual(
    [
      ['gone', 'dropped by relabel rule 2 (drop)'],
      ['', 'no address: the label __address__ is empty'],
      ['a/b', 'bad address: expected host or host:port, found "a/b"'],
      ['slow', 'scrape timeout is above the interval (2m > 1m)'],
      ['fast', 'bad __scrape_interval__: expected more than 0'],
      ['odd', expect.stringContaining('bad __scrape_interval__: expected a duration')],
    ],
  );
});

it('has equal targets once, and keeps the list of dropped ones short', async () => {
  const pool = createTargetPool({
    name: 'api',
    config: { ...statics('a', 'a', 'b', 'c', 'd'), relabel_configs: [] },
    limits: { maxTargets: 2, keepDropped: 1 },
  });
  await pool.start();
  expect(urls(pool.active())).toEqual(['http://a/metrics', 'http://b/metrics']);
  expect(pool.droppedTotal()).toBe(2);
  expect(pool.dropped().map((target) => target.reason)).toEqual(['more than 2 targets: the pool is full']);
});

it('tells what a reload added and removed, and keeps the keys of what stayed', async () => {
  const updates: TargetUpdate[] = [];
  const onUpdate = (update: TargetUpdate): void => void updates.push(update);
  const pool = createTargetPool({ name: 'api', config: statics('a', 'b'), onUpdate });
  await pool.start();
  const [, b] = pool.active();
  const reloaded = pool.reload({ config: statics('b', 'c') });
  expect(urls(pool.active())).toEqual(['http://b/metrics', 'http://c/metrics']);
  await reloaded;
  expect(updates.map(({ added, removed }) => [urls(added), urls(removed)])).toEqual([
    [['http://a/metrics', 'http://b/metrics'], []],
    [['http://c/metrics'], ['http://a/metrics']],
  ]);
  expect(pool.active()[0]!.key).toBe(b!.key);
  await pool.reload({ config: statics('b', 'c') });
  expect(pool.active()[0]!.key).toBe(b!.key);
});

it('keeps everything when a reload is not valid', async () => {
  const pool = createTargetPool({ name: 'api', config: statics('a') });
  await pool.start();
  const bad = pool.reload({ config: { ...statics('b'), relabel_configs: [{ action: 'nothing' }] } });
  await expect(bad).rejects.toMatchObject({ code: 'RELABEL_BAD_ACTION' });
  expect(urls(pool.active())).toEqual(['http://a/metrics']);
});

it('relabels what is known again when only the rules changed', async () => {
  const pool = createTargetPool({ name: 'api', config: statics('a') });
  await pool.start();
  await pool.reload({
    config: { ...statics('a'), relabel_configs: [{ target_label: 'tier', replacement: 'one' }] },
  });
  expect(pool.active()[0]!.labels.get('tier')).toBe('one');
});

it('gives the same lists whether groups come one by one or all at once', () => {
  const groups = fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', '')).map((addresses): TargetGroup => ({
      targets: addresses.map((address) => ({ __address__: address })),
      labels: {},
    })),
  );
  const options = {
    relabels: [],
    defaults: { job: 'j' },
    limits: { maxTargets: 3, keepDropped: 2 },
  };
  fc.assert(
    fc.property(groups, (all) => {
      const step = new TargetList(options);
      const known = new Set<string>();
      for (let count = 0; count <= all.length; count++) {
        const update = step.update(all.slice(0, count));
        for (const target of update?.removed ?? []) known.delete(target.key);
        for (const target of update?.added ?? []) known.add(target.key);
        expect([...known].sort()).toEqual(step.active.map((target) => target.key).sort());
      }
      const once = new TargetList(options);
      once.update(all);
      expect(urls(step.active)).toEqual(urls(once.active));
      expect(step.droppedTotal).toBe(once.droppedTotal);
      expect(step.dropped.length).toBeLessThanOrEqual(2);
    }),
  );
});

it('takes changes that come quickly together', () => {
  const clock = new FakeClock();
  let updates = 0;
  const schedule = new UpdateSchedule(clock, 1000, () => updates++);
  schedule.request();
  expect(updates).toBe(1);
  for (let i = 0; i < 100; i++) schedule.request();
  clock.advance(999);
  expect(updates).toBe(1);
  clock.advance(1);
  expect(updates).toBe(2);
  schedule.request();
  schedule.stop();
  clock.advance(5000);
  expect(updates).toBe(2);
  expect(clock.pending).toBe(0);
});

it('accepts the keys of Prometheus and refuses others', () => {
  const schema = strictObject(discoveryProperties);
  const good: DiscoveryConfig = {
    static_configs: [{ targets: ['a'], labels: { b: 'c' } }],
    file_sd_configs: [{ files: ['*.json'], refresh_interval: '1h30m' }],
    http_sd_configs: [{ url: 'http://x', basic_auth: { username: 'u', password: 'p' } }],
    dns_sd_configs: [{ names: ['a.b'], type: 'A', port: 80 }],
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { own_namespace: true } }],
    consul_sd_configs: [{ server: 'c:8500', tags: ['t'] }],
    ec2_sd_configs: [{ region: 'r', filters: [{ name: 'a', values: ['b'] }], proxy_url: 'http://p' }],
    aws_sd_configs: [{ role: 'ec2', region: 'r', external_id: 'e', role_arn: 'a' }],
    docker_sd_configs: [{ host: 'unix:///d.sock', filters: [{ name: 'label', values: ['a'] }] }],
  };
  expect([...Value.Errors(schema, good)]).toEqual([]);
  for (const bad of [
    { static_configs: [{ target: ['a'] }] },
    { dns_sd_configs: [{ names: ['a'], type: 'TXT' }] },
    { file_sd_configs: [{ files: ['a.json'], refresh_interval: 'soon' }] },
    { http_sd_configs: [{ url: 'http://x', refresh_interval: '' }] },
    { docker_sd_configs: [{ port: 80 }] },
    { ec2_sd_configs: [{ region: 'r', role: 'ec2' }] },
    { aws_sd_configs: [{ region: 'r' }] },
    { gce_sd_configs: [] },
    { docker_sd_configs: [{ host: 'unix:///d.sock', port: 65_536 }] },
  ]) {
    expect(Value.Check(schema, bad), JSON.stringify(bad)).toBe(false);
  }
});

it('keeps providers that a reload does not change, and starts and stops the others', async () => {
  const answer = (address: string) => httpFake((_, response) => sendJson(response, [{ targets: [address] }]));
  await using kept = await answer('kept:1');
  await using gone = await answer('gone:1');
  await using added = await answer('added:1');
  const clock = new FakeClock();
  const pool = createTargetPool({
    name: 'api',
    config: { http_sd_configs: [{ url: gone.url }, { url: kept.url }] },
    clock,
  });
  const sees = (...addresses: string[]) =>
    waitFor(() => {
      clock.advance(1000);
      return (
        pool
          .active()
          .map((target) => target.address)
          .join() === addresses.join()
      );
    });
  await pool.start();
  await sees('gone:1', 'kept:1');
  await pool.reload({ config: { http_sd_configs: [{ url: kept.url }, { url: added.url }] } });
  await sees('kept:1', 'added:1');
  expect([kept, gone, added].map((server) => server.requests.length)).toEqual([1, 1, 1]);
  expect(pool.providers().map(({ name, targets }) => [name, targets])).toEqual([
    ['http_sd_configs[0]', 1],
    ['http_sd_configs[1]', 1],
  ]);
  await pool.stop();
  clock.advance(600_000);
  expect(kept.requests).toHaveLength(1);
});

it('shows which provider fails and why, until it succeeds', async () => {
  let status = 500;
  await using server = await httpFake((_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end('[{"targets": ["a:1"]}]'),
  );
  const warnings: string[] = [];
  const clock = new FakeClock();
  const pool = createTargetPool({
    name: 'api',
    config: { ...statics('s'), http_sd_configs: [{ url: server.url }] },
    clock,
    log: {
      info: () => undefined,
      warn: (fields, message) => warnings.push(`${JSON.stringify(fields)} ${message}`),
    },
  });
  await pool.start();
  const failing = () => pool.providers().find((provider) => provider.name === 'http_sd_configs[0]')!;
  await waitFor(() => failing().failures === 1);
  expect(failing()).toMatchObject({ targets: 0, lastError: expect.stringContaining('found status 500') });
  expect(warnings[0]).toContain('"provider":"http_sd_configs[0]"');
  status = 200;
  await waitFor(() => {
    clock.advance(1000);
    return failing().targets === 1;
  });
  expect(failing()).toMatchObject({ failures: 1, lastError: undefined, lastErrorAtMs: expect.any(Number) });
  expect(failing().lastUpdateAtMs).toBeGreaterThan(0);
  await pool.stop();
});
