import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PAYLOAD_LIMITS } from '../payload/payload.ts';
import { FakeTarget, occurrence } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';
import { decodeFederation } from './decode.ts';

const scraping = (...targets: FakeTarget[]) =>
  `services: [{name: shop, static_configs: [{targets: [${targets.map((t) => `"${t.address}"`).join(', ')}]}], scraper: {refresh_interval: 40ms}}]`;
const federating = (...servers: TestServer[]) =>
  `federation: [{name: regions, static_configs: [{targets: [${servers.map((s) => `"${new URL(s.url).host}"`).join(', ')}]}], scraper: {refresh_interval: 40ms}}]`;

describe('federation', () => {
  it('counts a target once that two servers scrape, through restarts of all of them', async () => {
    await using a = await FakeTarget.start();
    await using b = await FakeTarget.start();
    a.version = '1.0';
    a.report('k', 3);
    b.report('k', 4);
    b.report('a//b', 1);
    await using east = await TestServer.start(scraping(a, b));
    await using west = await TestServer.start(scraping(b));
    await using global = await TestServer.start(federating(east, west));
    await global.waitForTotals({ k: 7, 'a//b': 1 });
    b.report('k', 20);
    b.aggregates[0]!.createdAt = undefined as never;
    await global.waitForTotals({ k: 27, 'a//b': 1 });
    a.uuid = 'restarted';
    a.aggregates = [];
    a.report('k', 2);
    await global.waitForTotals({ k: 29, 'a//b': 1 });
    await global.restart();
    a.report('k', 1);
    await global.waitForTotals({ k: 30, 'a//b': 1 });
    const [listed] = await global.list('q=k');
    expect(listed).toMatchObject({
      service: 'shop',
      severity: 'error',
      class: 'TypeError',
      message: 'x is not a function',
    });
    expect(listed!.versions).toContain('1.0');
    const detail = await global.get<{ samples: { version: string }[]; byInstance: unknown[] }>(
      `/api/v1/exceptions/${listed!.id}`,
    );
    expect(detail.samples.length).toBeGreaterThan(5);
    expect(detail.byInstance).toHaveLength(3);
  });

  it('counts once in a circle, and where a server also scrapes a target itself', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    await using first = await TestServer.start(scraping(target));
    await using second = await TestServer.start(`${scraping(target)}\n${federating(first)}`);
    first.write(`${scraping(target)}\n${federating(second)}`);
    await first.reload();
    await first.waitForTotals({ k: 3 });
    target.report('k', 2);
    await first.waitForTotals({ k: 5 });
    await second.waitForTotals({ k: 5 });
    const seen = target.requests;
    await waitFor(() => target.requests > seen + 10);
    expect([await first.totals(), await second.totals()]).toEqual([{ k: 5 }, { k: 5 }]);
  });

  it('tells a resolved exception’s new occurrences onwards', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    await using first = await TestServer.start(scraping(target));
    await using global = await TestServer.start(federating(first));
    await global.waitForTotals({ k: 3 });
    const { id } = (await global.list())[0]!;
    await global.post('/api/v1/exceptions/actions', { ids: [id], action: 'resolve' });
    target.report('k');
    await global.waitForTotals({ k: 4 });
    expect((await global.list())[0]!.status).toBe('regressed');
    expect((await first.list())[0]!.status).toBe('new');
  });

  it('is scraped by a plain Periskop, or as an ordinary service, as one target', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    await using first = await TestServer.start(scraping(target));
    await first.waitForTotals({ k: 3 });
    const exported = await first.get<{ target_uuid: string; aggregated_errors: object[] }>(
      '/-/exceptions?service=shop',
    );
    expect(exported.aggregated_errors).toMatchObject([
      { aggregation_key: 'k', total_count: 3, severity: 'error' },
    ]);
    expect(await first.get('/-/exceptions?service=nobody')).toMatchObject({ aggregated_errors: [] });
    const host = new URL(first.url).host;
    await using second = await TestServer.start(
      `services: [{name: shop, static_configs: [{targets: ["${host}"]}], scraper: {endpoint: "/-/exceptions?service=shop", refresh_interval: 40ms}}]`,
    );
    await second.waitForTotals({ k: 3 });
    target.uuid = 'restarted';
    target.aggregates = [];
    target.report('k', 2);
    await second.waitForTotals({ k: 5 });
  });

  it('pages through many targets', async () => {
    await using first = await TestServer.start('');
    for (let i = 0; i < 230; i++) {
      await first.post('/api/v1/push?service=jobs', {
        target_uuid: `job ${i}`,
        labels: { region: 'eu' },
        aggregated_errors: [{ aggregation_key: 'k', total_count: 2, created_at: '2026-01-01T00:00:00Z' }],
      });
    }
    const big = 'x'.repeat(60_000);
    for (let i = 0; i < 3; i++) {
      const latest_errors = Array.from({ length: 3 }, () =>
        occurrence({ http_context: { request_body: big } }),
      );
      const aggregated_errors = Array.from({ length: 15 }, (_, n) => ({
        aggregation_key: `big ${i} ${n}`,
        total_count: 3,
        latest_errors,
      }));
      await first.post('/api/v1/push?service=big', { target_uuid: `big ${i}`, aggregated_errors });
    }
    const page = await fetch(`${first.url}/-/exceptions?format=federation`);
    expect((await page.arrayBuffer()).byteLength).toBeLessThan(8 * 1024 * 1024);
    await using global = await TestServer.start(federating(first));
    await expect.poll(async () => (await global.list('limit=1000')).length, { timeout: 15_000 }).toBe(46);
    for (const { id } of await global.list('service=big')) {
      expect((await global.get<{ samples: unknown[] }>(`/api/v1/exceptions/${id}`)).samples).toHaveLength(3);
    }
    expect((await global.list('service=jobs'))[0]).toMatchObject({
      totalCount: 460,
      labels: { region: 'eu' },
    });
  });

  it.each([
    'null',
    '[]',
    '{}',
    '{"server_uuid":"x","next":-1,"services":[]}',
    '{"server_uuid":"x","next":1,"services":{}}',
    '<html>',
  ])('refuses %s', (text) => {
    expect(() => decodeFederation(text, DEFAULT_PAYLOAD_LIMITS, 0, 0)).toThrow(
      /expected the federation answer|not JSON/,
    );
  });

  it('leaves out what is malformed and keeps the rest', () => {
    const exception = { aggregation_key: 'k', total_count: 9 };
    const target = {
      identity: 't',
      counts: [['k', 5, 2, 0], ['unknown', 5, 2, 0], ['k', 'x', 2, 0], 'x', ['k', 6, 3, 7]],
    };
    const text = JSON.stringify({
      server_uuid: 's',
      next: 4,
      services: [
        null,
        { name: 5 },
        { name: 'shop', exceptions: [exception, 5], targets: [null, { identity: 5 }, target] },
      ],
    });
    const decoded = decodeFederation(text, DEFAULT_PAYLOAD_LIMITS, 0, 0);
    expect(
      decoded.deliveries.map(({ aggregates }) =>
        aggregates.map(({ totalCount, createdUs }) => [totalCount, createdUs]),
      ),
    ).toEqual([[[2, 5]], [[3, 6]]]);
    expect([...decoded.rejections]).toEqual([['aggregate_malformed', 1]]);
  });
});
