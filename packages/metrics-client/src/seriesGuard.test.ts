import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, OVERFLOW_VALUE, type Metrics } from './index.ts';

let metrics: Metrics;

function open(): Metrics {
  metrics = createMetrics({ service: 'test', defaultMetrics: false });
  return metrics;
}

afterEach(() => metrics.close());

async function valuesOf(name: string): Promise<Map<string, number>> {
  const text = String((await metrics.render()).body);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

async function overflowOf(metric: string): Promise<number> {
  const values = await valuesOf('binnacle_metric_series_overflow_total');
  return values.get(`{metric="${metric}"}`) ?? 0;
}

describe('the limit of label sets', () => {
  it('never loses an increment and never grows beyond the limit', async () => {
    const user = fc.integer({ min: 0, max: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(user, { maxLength: 60 }),
        async (limit, users) => {
          const counter = open().counter({
            name: 'x_total',
            help: 'X.',
            labelNames: ['user'],
            maxSeries: limit,
          });
          for (const id of users) counter.inc({ user: `u${id}` });
          const admitted = new Set([...new Set(users)].slice(0, limit));
          const refused = users.filter((id) => !admitted.has(id)).length;
          const expected = new Map<string, number>();
          for (const id of users) {
            const key = `{user="${admitted.has(id) ? `u${id}` : OVERFLOW_VALUE}"}`;
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }
          expect(await valuesOf('x_total')).toEqual(expected);
          expect(await overflowOf('x_total')).toBe(refused);
          metrics.close();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('holds for children, timers and exemplars of histograms', async () => {
    const options = { help: 'D.', labelNames: ['user'] as string[], maxSeries: 1 };
    const plain = open().histogram({ name: 'plain_seconds', ...options });
    const traced = metrics.histogram({ name: 'traced_seconds', ...options, enableExemplars: true });
    for (const histogram of [plain, traced]) {
      histogram.labels('a').observe(1);
      histogram.labels({ user: 'b' }).observe(1);
      histogram.startTimer({ user: 'c' })();
      histogram.zero({ user: 'd' });
    }
    plain.observe({ user: 'e' }, 1);
    traced.observe({ labels: { user: 'e' }, value: 1, exemplarLabels: { trace_id: '1' } });
    for (const name of ['plain_seconds', 'traced_seconds']) {
      expect(await valuesOf(`${name}_count`)).toEqual(
        new Map([
          ['{user="a"}', 1],
          [`{user="${OVERFLOW_VALUE}"}`, 3],
        ]),
      );
      expect(await overflowOf(name)).toBe(4);
    }
  });

  it('holds for counters with exemplars and for children of counters', async () => {
    const options = { help: 'C.', labelNames: ['user'] as string[], maxSeries: 1 };
    const traced = open().counter({ name: 'traced_total', ...options, enableExemplars: true });
    traced.inc({ labels: { user: 'a' }, exemplarLabels: { trace_id: '1' } });
    traced.inc({ labels: { user: 'b' }, value: 2 });
    const plain = metrics.counter({ name: 'plain_total', ...options });
    plain.labels('a').inc();
    plain.labels('b').inc(2);
    for (const name of ['traced_total', 'plain_total']) {
      expect((await valuesOf(name)).get(`{user="${OVERFLOW_VALUE}"}`)).toBe(2);
    }
  });

  it('drops what cannot be summed: the value that a gauge is set to', async () => {
    const gauge = open().gauge({ name: 'depth', help: 'D.', labelNames: ['queue'], maxSeries: 1 });
    gauge.set({ queue: 'a' }, 5);
    gauge.set({ queue: 'b' }, 6);
    gauge.inc({ queue: 'c' }, 3);
    gauge.dec({ queue: 'c' });
    expect(await valuesOf('depth')).toEqual(
      new Map([
        ['{queue="a"}', 5],
        [`{queue="${OVERFLOW_VALUE}"}`, 2],
      ]),
    );
    expect(await overflowOf('depth')).toBe(3);
  });

  it('has room again after remove and reset', async () => {
    const gauge = open().gauge({ name: 'depth', help: 'D.', labelNames: ['queue'], maxSeries: 1 });
    gauge.set({ queue: 'a' }, 1);
    gauge.remove('a');
    gauge.set({ queue: 'b' }, 2);
    gauge.reset();
    gauge.set({ queue: 'c' }, 3);
    expect(await valuesOf('depth')).toEqual(new Map([['{queue="c"}', 3]]));
    expect(await overflowOf('depth')).toBe(0);
  });

  it('does not concern metrics without labels', async () => {
    const counter = open().counter({ name: 'plain_total', help: 'P.', maxSeries: 1 });
    counter.inc();
    counter.inc(2);
    expect(await valuesOf('plain_total')).toEqual(new Map([['', 3]]));
  });
});
