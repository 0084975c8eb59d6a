import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { createdText, scrapingOf, startOpenMetrics } from '../testing/createdTarget.ts';
import { TestServer } from '../testing/server.ts';

const ENGINE = 'use-start-timestamps,promql-experimental-functions';
const STORES = { flags: [`--enable-feature=st-storage,${ENGINE}`] };
const body = (createdSeconds: number): string =>
  createdText(createdSeconds, '# TYPE plain counter\nplain_total 2\n');

/** The value of a query with one series, `undefined` for none. */
async function one(server: TestServer, query: string, time?: number): Promise<number | undefined> {
  const [value] = Object.values(await server.query(query, time));
  return value === undefined ? undefined : Number(value);
}

const COUNTED = ['hits_total', 'took_bucket{le="+Inf"}', 'took_count', 'took_sum', 'size_count'];
const NOT_COUNTED = ['size{quantile="0.5"}', 'depth_created', 'plain_total', 'up'];

/** When the samples of some series at a time say that they began. */
function startsOf(
  server: TestServer,
  names: readonly string[],
  time?: number,
): Promise<(number | undefined)[]> {
  return Promise.all(names.map((name) => one(server, `start_timestamp(${name})`, time)));
}

async function scraped(server: TestServer, times: number): Promise<void> {
  await waitFor(async () => ((await one(server, 'count_over_time(hits_total[1m])')) ?? 0) >= times);
}

describe('st-storage', () => {
  it('stores when counters, histograms and summaries began, also over a restart', async () => {
    const createdSeconds = Math.floor(Date.now() / 1000) - 20.5;
    await using target = await startOpenMetrics(body(createdSeconds));
    await using server = await TestServer.start(scrapingOf(target), STORES);
    await scraped(server, 3);
    const time = Date.now() / 1000;
    const check = async (): Promise<void> => {
      expect(await startsOf(server, COUNTED, time)).toEqual(COUNTED.map(() => createdSeconds));
      expect(await startsOf(server, NOT_COUNTED, time)).toEqual(NOT_COUNTED.map(() => 0));
      expect(await server.query('{__name__=~"(hits|took|size)_created"}', time)).toEqual({});
    };
    await check();
    expect(target.lastHeaders.accept).toMatch(/^application\/vnd.google.protobuf/);
    await server.restart();
    await check();
  });

  it('lets queries see a counter begin anew that is not lower than before', async () => {
    await using target = await startOpenMetrics(body(Date.now() / 1000 - 20));
    await using server = await TestServer.start(scrapingOf(target), STORES);
    await scraped(server, 2);
    const began = Date.now() / 1000;
    target.body = body(began);
    await waitFor(async () => (await one(server, 'resets(hits_total[1m])')) === 1);
    expect(await one(server, 'resets(size_sum[1m])')).toBe(1);
    expect(await one(server, 'resets(plain_total[1m])')).toBe(0);
    await scraped(server, 6);
    expect(await one(server, 'increase(hits_total[1m])')).toBeGreaterThanOrEqual(7);
    // Without a start, samples of the same series have none again.
    target.body = 'hits_total{path="/"} 8\n# EOF\n';
    await waitFor(async () => (await one(server, 'hits_total')) === 8);
    expect(await one(server, 'start_timestamp(hits_total)')).toBe(0);
  });

  it('stores them of native histograms, and goes together with zeros', async () => {
    const createdSeconds = Math.floor(Date.now() / 1000) - 20;
    await using target = await startOpenMetrics(body(createdSeconds));
    await using server = await TestServer.start(
      scrapingOf(
        target,
        'convert_classic_histograms_to_nhcb: true\n    always_scrape_classic_histograms: true',
      ),
      { flags: [...STORES.flags, '--enable-feature=created-timestamp-zero-ingestion'] },
    );
    await scraped(server, 3);
    expect(await startsOf(server, ['took', 'took_count', 'hits_total'])).toEqual(
      Array.from({ length: 3 }, () => createdSeconds),
    );
    expect(await one(server, 'min_over_time(hits_total[1m])')).toBe(0);
  });

  it('does not give a start to the wrong sample', async () => {
    const now = Date.now();
    await using target = await startOpenMetrics(body(0));
    const far = now / 1000 + 3600;
    target.body = `# TYPE a counter
a_total 1 ${far}
a_created ${now / 1000 - 5}
# TYPE b counter
b_total 1
b_created NaN
# TYPE c counter
c_created ${now / 1000 - 7}
c_total 1
# TYPE hits counter
hits_total 1
# EOF
`;
    await using server = await TestServer.start(scrapingOf(target), STORES);
    await scraped(server, 3);
    expect(await startsOf(server, ['a_total', 'b_total', 'hits_total'])).toEqual([undefined, 0, 0]);
    // Another sample takes the place that the one of `c` had, whose line about its start stays.
    target.body = target.body.replace('c_total 1\n', '');
    await waitFor(async () => (await one(server, 'c_total')) === undefined);
    expect(await one(server, 'start_timestamp(hits_total)')).toBe(0);
    expect(await one(server, 'up')).toBe(1);
  });

  it('is off by default: nothing is stored but the lines', async () => {
    await using target = await startOpenMetrics(body(1_700_000_000));
    await using server = await TestServer.start(scrapingOf(target), {
      flags: [`--enable-feature=${ENGINE}`],
    });
    await scraped(server, 2);
    expect(await startsOf(server, COUNTED)).toEqual(COUNTED.map(() => 0));
    expect(await one(server, 'hits_created')).toBe(1_700_000_000);
    expect(target.lastHeaders.accept).toMatch(/^application\/openmetrics-text/);
  });

  it.each([
    ['2.0', 'protobuf_message: io.prometheus.write.v2.Request', true],
    ['1.0, which has no place for them', '', false],
  ])('is sent on by remote write %s', async (_, message, arrives) => {
    const createdSeconds = Math.floor(Date.now() / 1000) - 20;
    await using target = await startOpenMetrics(body(createdSeconds));
    await using receiver = await TestServer.start('', { flags: [`--enable-feature=${ENGINE}`] });
    const remote = `
remote_write:
  - url: ${receiver.url}/api/v1/write
    send_native_histograms: true
    queue_config: {batch_send_deadline: 100ms}
    ${message}`;
    const nhcb = 'convert_classic_histograms_to_nhcb: true';
    await using _sender = await TestServer.start(`${scrapingOf(target, nhcb)}\n${remote}`, STORES);
    await scraped(receiver, 2);
    const found = await startsOf(receiver, ['hits_total', 'size_count', 'took']);
    expect(found).toEqual(found.map(() => (arrives ? createdSeconds : 0)));
    expect(await one(receiver, 'start_timestamp(up)')).toBe(0);
  });
});
