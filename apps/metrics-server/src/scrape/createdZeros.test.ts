import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { createdText, scrapingOf, startOpenMetrics } from '../testing/createdTarget.ts';
import { TestServer, type TestServerOptions } from '../testing/server.ts';

const FLAGS: TestServerOptions = { flags: ['--enable-feature=created-timestamp-zero-ingestion'] };
describe('created-timestamp-zero-ingestion', () => {
  it('stores a zero where a counter began, and no series of these times', async () => {
    const createdSeconds = Math.floor(Date.now() / 1000) - 20;
    await using target = await startOpenMetrics(createdText(createdSeconds));
    await using server = await TestServer.start(scrapingOf(target), FLAGS);
    await waitFor(async () => Object.keys(await server.query('changes(hits_total[1m]) > 0')).length === 1);
    for (const name of ['hits_total', 'took_bucket{le="+Inf"}', 'took_count', 'size_sum']) {
      const { data } = await server.api<{ result: { values: [number, string][] }[] }>(
        `/query?query=${encodeURIComponent(name)}[1m]`,
      );
      expect(data.result[0]!.values[0]).toEqual([createdSeconds, '0']);
      expect(data.result[0]!.values.filter(([, value]) => value === '0')).toHaveLength(1);
    }
    expect(await server.query('{__name__=~"(hits|took|size)_created"}')).toEqual({});
    expect(Object.values(await server.query('depth_created'))).toEqual(['1']);
    expect(Object.values(await server.query('min_over_time(size{quantile="0.5"}[1m])'))).toEqual(['3']);
    expect(target.lastHeaders.accept).toMatch(/^application\/vnd.google.protobuf/);
  });

  it('stores another one when the counter begins anew, and none in the past', async () => {
    await using target = await startOpenMetrics(createdText(Date.now() / 1000 - 20));
    await using server = await TestServer.start(scrapingOf(target), FLAGS);
    const zeros = async (): Promise<number> =>
      Number(Object.values(await server.query('count_over_time((hits_total == 0)[1m:1s])'))[0] ?? 0);
    await waitFor(async () => Object.keys(await server.query('hits_total')).length === 1);
    await server.restart();
    const seen = target.requests;
    await waitFor(() => target.requests > seen + 2);
    const first = await server.query('resets(hits_total[1m])');
    expect(Object.values(first)).toEqual(['0']);
    expect(await zeros()).toBeGreaterThan(0);
    target.answer = (_, response) => response.writeHead(503).end();
    const failing = target.requests;
    await waitFor(() => target.requests > failing + 3);
    target.body = createdText(Date.now() / 1000 - 0.05);
    target.answer = undefined;
    await waitFor(async () => Object.values(await server.query('resets(hits_total[1m])'))[0] === '1');
  });

  it('goes together with converted histograms', async () => {
    await using target = await startOpenMetrics(createdText(Math.floor(Date.now() / 1000) - 20));
    await using server = await TestServer.start(
      scrapingOf(target, 'convert_classic_histograms_to_nhcb: true'),
      FLAGS,
    );
    await waitFor(
      async () =>
        Object.values(await server.query('histogram_count(last_over_time(took[5s] offset 19s))'))[0] === '0',
    );
  });

  it('is off by default: the lines are series', async () => {
    await using target = await startOpenMetrics(createdText(1_700_000_000));
    await using server = await TestServer.start(scrapingOf(target));
    await waitFor(async () => Object.values(await server.query('hits_created'))[0] === '1700000000');
    expect(Object.values(await server.query('min_over_time(hits_total[1m])'))).toEqual(['7']);
  });
});
