import { Labels, Matcher } from '@binnacle/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_SUITE_FEATURES } from '../engine/options.ts';
import { MemoryStore } from '../memoryStore.ts';
import { parseSeriesLine } from '../promqltest/seriesLine.ts';
import { SharedMemoryStore } from '../sharedMemoryStore.ts';
import { QueryRunner } from './queryRunner.ts';

const END_MS = 3_600_000;
let store: SharedMemoryStore;

beforeAll(() => {
  const memory = new MemoryStore();
  for (let i = 0; i < 40; i++) {
    const labels = Labels.from({ __name__: 'load', instance: String(i), job: i % 2 === 0 ? 'a' : 'b' });
    for (let ms = 0; ms <= END_MS; ms += 15_000) memory.append(labels, ms, Math.sin(i + ms) / 3);
    memory.append(labels, END_MS - 1, i === 3 ? 'stale' : NaN);
  }
  const { labels, values } = parseSeriesLine('h {{schema:1 sum:0.3 count:3 buckets:[1 2]}}x200');
  values.forEach((value, i) => memory.append(labels, i * 15_000, value!));
  for (let i = 1; i <= 200; i++)
    memory.append(Labels.from({ __name__: 'd_total' }), i * 15_000, 5, (i - 1) * 15_000);
  store = SharedMemoryStore.copyOf(memory, [new Matcher('=~', '__name__', '.+')], {
    minMs: 0,
    maxMs: END_MS,
  });
});

describe('QueryRunner', () => {
  const inline = new QueryRunner({ features: TEST_SUITE_FEATURES }, { threads: 0 });
  const threaded = new QueryRunner({ features: TEST_SUITE_FEATURES }, { threads: 2, inlineWork: 0 });
  afterAll(async () => threaded[Symbol.asyncDispose]());

  it.each([
    'sum by (job) (rate(load[5m]))',
    'avg(avg_over_time(load[1h])) + load{instance="3"}',
    'topk(3, load)',
    'histogram_quantile(0.9, h)',
    'rate(h[10m])',
    'load[2m]',
    'scalar(sum(load)) / 0',
    'quantile(2, load)',
    'increase(d_total[5m])',
  ])('%s has the same result in a thread, bit for bit', async (query) => {
    const request = query.endsWith(']')
      ? { query, timeMs: END_MS }
      : { query, startMs: 0, endMs: END_MS, stepMs: 60_000 };
    const [here, there] = await Promise.all([inline.run(store, request), threaded.run(store, request)]);
    expect(there).toEqual(here);
    expect(bits(there)).toEqual(bits(here));
    const json = await threaded.runJson(store, request);
    expect(json.toString()).toBe((await inline.runJson(store, request)).toString());
  });

  it('counts series to know what a query costs, and selects none in the thread that asks', async () => {
    const counting = {
      openerModule: store.openerModule,
      shareHandle: () => store.shareHandle(),
      countSeries: () => 1_000_000,
      select: () => expect.unreachable('selected'),
    };
    await using runner = new QueryRunner({}, { threads: 1, inlineWork: 1000 });
    const { value } = await runner.run(counting, { query: 'count(load)', timeMs: END_MS });
    expect(value.type === 'vector' && value.series[0]!.row.values[0]).toBe(40);
  });

  it('uses start timestamps in a thread, too', async () => {
    const { value } = await threaded.run(store, { query: 'increase(d_total[1m])', timeMs: 600_000 });
    expect(value.type === 'vector' && value.series[0]!.row.values[0]).toBe(20);
  });

  it('passes errors of queries on', async () => {
    const query = 'load + on (job) load';
    await expect(threaded.run(store, { query, timeMs: END_MS })).rejects.toMatchObject({
      code: 'PROMQL_EXECUTION',
      message: expect.stringContaining('many-to-many matching not allowed'),
    });
    await expect(threaded.run(store, { query: 'load +', timeMs: 0 })).rejects.toMatchObject({
      code: 'PROMQL_PARSE',
    });
  });

  it('stops a query that is canceled or late, in its thread', async () => {
    const controller = new AbortController();
    const slow = { query: 'sum(stddev_over_time(load[1h]))', startMs: 0, endMs: END_MS, stepMs: 10 };
    const running = threaded.run(store, slow, controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'PROMQL_CANCELED' });
    await expect(threaded.run(store, { ...slow, timeoutMs: 5 })).rejects.toMatchObject({
      code: 'PROMQL_TIMEOUT',
      message: 'query timed out in expression evaluation',
    });
    expect(threaded.pending).toBe(0);
  });

  it('lets the event loop run meanwhile', async () => {
    let turns = 0;
    const state = { done: false };
    const slow = { query: 'sum(stddev_over_time(load[1h]))', startMs: 0, endMs: END_MS, stepMs: 2000 };
    const running = threaded.run(store, slow).finally(() => (state.done = true));
    while (!state.done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    await running;
    expect(turns).toBeGreaterThan(10);
  });

  it('refuses more than may wait', async () => {
    const narrow = new QueryRunner({}, { threads: 1, inlineWork: 0, maxWaiting: 1 });
    const query = { query: 'sum(load)', timeMs: END_MS };
    const running = [narrow.run(store, query), narrow.run(store, query)];
    await expect(narrow.run(store, query)).rejects.toMatchObject({ code: 'PROMQL_OVERLOADED' });
    await Promise.all(running);
    await narrow[Symbol.asyncDispose]();
  });

  it('runs cheap queries at once', async () => {
    await using careful = new QueryRunner({}, { threads: 1 });
    const running = careful.run(store, { query: 'load{instance="1"}', timeMs: END_MS });
    expect(careful.pending).toBe(0);
    await running;
  });

  it('finds out by the selection that a query is heavy, and then knows for its time', async () => {
    let selections = 0;
    const counting = {
      openerModule: store.openerModule,
      shareHandle: () => store.shareHandle(),
      select: (...args: Parameters<typeof store.select>) => {
        selections++;
        return store.select(...args);
      },
    };
    await using careful = new QueryRunner({}, { threads: 1, inlineWork: 1000 });
    const heavy = { query: 'sum(load) + sum(rate(load[5m]))', startMs: 0, endMs: END_MS, stepMs: 60_000 };
    for (const expected of [1, 0]) {
      selections = 0;
      const running = careful.run(counting, heavy);
      expect(careful.pending).toBe(1);
      await running;
      expect(selections).toBe(expected);
    }
    const cheap = careful.run(counting, { query: heavy.query, timeMs: 10_000 });
    expect(careful.pending).toBe(0);
    await cheap;
  });

  it('asks for a signal only when a query goes to a thread', async () => {
    let asked = 0;
    const { signal } = new AbortController();
    const ask = (): AbortSignal => {
      asked++;
      return signal;
    };
    await using careful = new QueryRunner({}, { threads: 1 });
    await careful.runJson(store, { query: 'load{instance="1"}', timeMs: END_MS }, ask);
    expect(asked).toBe(0);
    await threaded.runJson(store, { query: 'load', timeMs: END_MS }, ask);
    expect(asked).toBe(1);
  });
});

/** The bits of every float of a result. */
function bits(result: Awaited<ReturnType<QueryRunner['run']>>): string[] {
  const { value } = result;
  if (value.type !== 'vector' && value.type !== 'matrix') return [];
  return value.series.map(({ row }) => Buffer.from(row.values.buffer.slice(0)).toString('hex'));
}
