import { gzipSync } from 'node:zlib';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

const scraping = (targets: string[], extra = '', interval = '50ms') => `
services:
  - name: shop
    static_configs: [{targets: [${targets.map((t) => JSON.stringify(t)).join(', ')}]}]
    scraper: {endpoint: /-/exceptions, refresh_interval: ${interval}, timeout: 2s}
    ${extra}
`;
type Targets = { targets: { health: string; lastError: string | null; url: string; targetUuid: string }[] };

describe('what Periskop counts wrong', () => {
  it('adds up targets, restarts and resets under one identity (traps T1, T2)', async () => {
    await using a = await FakeTarget.start();
    await using b = await FakeTarget.start();
    a.report('k', 2);
    b.report('k', 5);
    await using server = await TestServer.start(scraping([a.address, b.address]));
    await server.waitForTotals({ k: 7 });
    a.uuid = 'restarted';
    a.aggregates = [];
    a.report('k', 1);
    await server.waitForTotals({ k: 8 });
    b.aggregates = [{ key: 'k', count: 1 }];
    await server.waitForTotals({ k: 9 });
    b.aggregates = [{ key: 'k', count: 6 }];
    await server.waitForTotals({ k: 14 });
    await server.restart();
    const before = a.requests;
    await waitFor(() => a.requests > before + 3);
    expect(await server.totals()).toEqual({ k: 14 });
  });

  it('counts one process behind two addresses once (trap T3)', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    const port = target.address.split(':')[1]!;
    await using server = await TestServer.start(scraping([target.address, `localhost:${port}`]));
    await waitFor(async () => (await server.list())[0]?.coverage.answered === 2);
    target.report('k', 2);
    await server.waitForTotals({ k: 5 });
  });

  it('keeps the error and its samples when its target is gone, and says who answered (trap T16)', async () => {
    await using a = await FakeTarget.start();
    await using b = await FakeTarget.start();
    a.report('k', 2);
    b.report('other', 1);
    await using server = await TestServer.start(scraping([a.address, b.address]));
    await server.waitForTotals({ k: 2, other: 1 });
    a.answer = (request) => request.socket.destroy();
    await waitFor(async () => (await server.list('q=k'))[0]!.coverage.answered === 1);
    const [listed] = await server.list('q=k');
    expect(listed).toMatchObject({ totalCount: 2, coverage: { answered: 1, total: 2 } });
    const detail = await server.get<{ samples: unknown[] }>(`/api/v1/exceptions/${listed!.id}`);
    expect(detail.samples).toHaveLength(2);
  });

  it('only counts answers of status 200, and says what else it got', async () => {
    await using target = await FakeTarget.start();
    target.answer = (_request, response) =>
      response.writeHead(500).end('{"aggregated_errors":[{"aggregation_key":"k","total_count":4}]}');
    await using server = await TestServer.start(scraping([target.address]));
    const { targets } = await waitFor(async () => {
      const answer = await server.get<Targets>('/api/v1/targets');
      return answer.targets[0]!.health === 'down' ? answer : undefined;
    });
    expect(targets[0]!.lastError).toBe('answered 500; only 200 counts');
    expect(await server.totals()).toEqual({});
    expect(
      await server.metric('exception_server_scrapes_total{service="shop",result="EXCEPTIONS_BAD_STATUS"}'),
    ).toBeDefined();
  });

  it('takes the worst severity, whoever answers last (trap T13)', async () => {
    await using a = await FakeTarget.start();
    await using b = await FakeTarget.start();
    a.report('k', 1, { severity: 'error' });
    b.report('k', 1, { severity: 'info' });
    await using server = await TestServer.start(scraping([a.address, b.address]));
    await server.waitForTotals({ k: 2 });
    const before = b.requests;
    await waitFor(() => b.requests > before + 3);
    expect((await server.list())[0]!.severity).toBe('error');
  });
});

describe('limits of a scrape', () => {
  it.each([
    [
      'a body that is too large',
      (body: string) => ({ body: `${body}${' '.repeat(2_000_000)}`, headers: {} }),
      /larger than 1048576 bytes/,
    ],
    [
      'a gzip bomb',
      () => ({ body: gzipSync(Buffer.alloc(50_000_000, 0x20)), headers: { 'content-encoding': 'gzip' } }),
      /larger than 1048576 bytes/,
    ],
    ['broken gzip', () => ({ body: 'plain', headers: { 'content-encoding': 'gzip' } }), /header/],
    ['an encoding nobody asked for', () => ({ body: 'x', headers: { 'content-encoding': 'zstd' } }), /zstd/],
    ['HTML', () => ({ body: '<html>', headers: {} }), /not JSON/],
    ['deep nesting', () => ({ body: '['.repeat(300_000), headers: {} }), /deeper than 100/],
  ])('refuses %s, and counts the next good answer', async (_, make, message) => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    const { body, headers } = make(JSON.stringify(target.export()));
    target.answer = (_request, response) => response.writeHead(200, headers).end(body);
    await using server = await TestServer.start(`${scraping([target.address])}\nlimits: {body_size: 1MB}`);
    await waitFor(async () => {
      const [first] = (await server.get<Targets>('/api/v1/targets')).targets;
      return message.test(first!.lastError ?? '');
    });
    target.answer = undefined;
    await server.waitForTotals({ k: 3 });
  });

  it('gives up on a target that does not answer, and scrapes the others meanwhile (trap T15)', async () => {
    await using slow = await FakeTarget.start();
    await using quick = await FakeTarget.start();
    slow.answer = () => undefined;
    quick.report('k', 1);
    await using server = await TestServer.start(
      scraping([slow.address, quick.address]).replace('timeout: 2s', 'timeout: 200ms'),
    );
    await server.waitForTotals({ k: 1 });
    const { targets } = await waitFor(async () => {
      const answer = await server.get<Targets>('/api/v1/targets');
      return answer.targets[0]!.health === 'down' ? answer : undefined;
    });
    expect(targets[0]!.lastError).toMatch(/no whole answer within 200 ms/);
  });

  it('reads gzip, a byte order mark, and redirects', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    target.answer = (request, response) => {
      if (request.url === '/-/exceptions') response.writeHead(302, { location: '/moved' }).end();
      else
        response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(gzipSync(`\uFEFF${JSON.stringify(target.export())}`));
    };
    await using server = await TestServer.start(scraping([target.address]));
    await server.waitForTotals({ k: 3 });
  });

  it('folds keys beyond the limits into one bucket that keeps counting (trap T5)', async () => {
    await using target = await FakeTarget.start();
    for (let i = 0; i < 10; i++) target.report(`k${i}`, 2);
    await using server = await TestServer.start(
      `${scraping([target.address])}\nlimits: {exceptions_per_service: 3}`,
    );
    await server.waitForTotals({ k0: 2, k1: 2, k2: 2, '(overflow)': 14 });
    target.report('k9', 5);
    await server.waitForTotals({ k0: 2, k1: 2, k2: 2, '(overflow)': 19 });
    target.uuid = 'restarted';
    target.aggregates = [];
    target.report('k5', 1);
    await server.waitForTotals({ k0: 2, k1: 2, k2: 2, '(overflow)': 20 });
    expect(await server.metric('exception_server_folded_keys_total{service="shop"}')).toBeDefined();
  });
});

describe('configuration at work', () => {
  it('keeps labels of relabeling on exceptions, for filters', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 1);
    const extra = `relabel_configs:
      - {target_label: region, replacement: eu}
      - {target_label: version, replacement: 1.2.3}
      - {target_label: __internal, replacement: x}`;
    await using server = await TestServer.start(scraping([target.address], extra));
    await server.waitForTotals({ k: 1 });
    expect((await server.list('label=region%3Deu'))[0]).toMatchObject({
      labels: { region: 'eu' },
      versions: ['1.2.3'],
    });
    expect(await server.list('label=region%3Dus')).toEqual([]);
  });

  it('reloads: targets come and go, the rest stays', async () => {
    await using a = await FakeTarget.start();
    await using b = await FakeTarget.start();
    a.report('a', 1);
    b.report('b', 1);
    await using server = await TestServer.start(scraping([a.address]));
    await server.waitForTotals({ a: 1 });
    server.write(scraping([b.address]));
    await server.reload();
    await server.waitForTotals({ a: 1, b: 1 });
    const before = a.requests;
    const seen = b.requests;
    await waitFor(() => b.requests > seen + 3);
    expect(a.requests).toBeLessThanOrEqual(before + 1);
    server.write('services: [{name: shop, relabel_configs: [{action: nonsense}]}]');
    await expect(server.reload()).rejects.toThrow(/nonsense/);
    b.report('b', 1);
    await server.waitForTotals({ a: 1, b: 2 });
  });

  it('shows what relabeling dropped and why', async () => {
    await using server = await TestServer.start(
      scraping(['127.0.0.1:1'], 'relabel_configs: [{action: drop, source_labels: [job], regex: shop}]'),
    );
    expect(await server.get('/api/v1/targets')).toMatchObject({
      targets: [],
      dropped: [{ service: 'shop', reason: 'dropped by relabel rule 1 (drop)' }],
      droppedTotal: 1,
    });
  });
});
