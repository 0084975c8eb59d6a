import type { SeriesRef } from '@binnacle/exposition';
import { Labels, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';
import { StartSynthesis } from './startSynthesis.ts';

/** One series that takes scrapes and says what is stored of each: `value @ start`, or `held`. */
class Scrapes {
  readonly #stored: string[] = [];
  readonly #synthesis: StartSynthesis;
  readonly #ref: SeriesRef;
  #timeMs = 0;

  constructor(type: string, name: string, honorTimestamps = true) {
    const stored = this.#stored;
    this.#synthesis = new StartSynthesis(
      {
        metadata: () => {},
        series: () => 1,
        sample: (_, value) => stored.push(String(value)),
        histogram: (_, { count, sum, positiveBuckets }) =>
          stored.push(`${count} ${sum} [${positiveBuckets.join(' ')}]`),
        exemplar: () => {},
        created: (_, createdMs) => (stored[stored.length - 1] += ` @ ${createdMs}`),
        hold: () => stored.push('held'),
      },
      honorTimestamps,
    );
    this.#synthesis.metadata('m', 'type', type);
    this.#ref = this.#synthesis.series(Labels.from({ __name__: name }));
  }

  /** A scrape, 1,000 ms after the one before. */
  of(value: number | FloatHistogram, createdMs?: number, ownMs = NaN): string {
    this.#timeMs += 1000;
    this.#synthesis.begin(this.#timeMs);
    this.#stored.length = 0;
    if (typeof value === 'number') this.#synthesis.sample(this.#ref, value, ownMs);
    else this.#synthesis.histogram(this.#ref, value, ownMs);
    if (createdMs !== undefined) this.#synthesis.created(this.#ref, createdMs);
    this.#synthesis.end();
    return this.#stored.join(', ');
  }

  forget(): void {
    this.#synthesis.forget();
    this.#synthesis.series(Labels.from({ __name__: 'm' }));
  }
}

function histogram(count: number, sum: number, ...buckets: number[]): FloatHistogram {
  return {
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum,
    positiveSpans: [{ offset: 0, length: buckets.length }],
    negativeSpans: [],
    positiveBuckets: Float64Array.from(buckets),
    negativeBuckets: NO_BUCKETS,
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
  };
}

describe('st-synthesis', () => {
  it('counts from the first sample on, and from zero once the counter has begun anew', () => {
    const scrapes = new Scrapes('counter', 'm');
    expect([10, 15, 15, 4, 6, 5].map((value) => scrapes.of(value))).toEqual([
      'held',
      '5 @ 1000',
      '5 @ 1000',
      '4 @ 3999',
      '6 @ 3999',
      '5 @ 5999',
    ]);
  });

  it('does so for histograms', () => {
    const scrapes = new Scrapes('histogram', 'm');
    const values = [histogram(3, 9, 1, 2), histogram(6, 20, 2, 2, 2), histogram(6, 20, 3, 1, 2)];
    expect(values.map((value) => scrapes.of(value))).toEqual([
      'held',
      '3 11 [1 2] @ 1000',
      '6 20 [3 1 2] @ 2999',
    ]);
    expect(scrapes.of(histogram(8, 21, 3, 3, 2))).toBe('8 21 [3 3 2] @ 2999');
    expect(scrapes.of(1)).toBe('1 @ 4999');
  });

  it('leaves what the target says as it is', () => {
    const own = new Scrapes('counter', 'm_total');
    expect([own.of(10, 500), own.of(11, 500), own.of(12)]).toEqual(['10 @ 500', '11 @ 500', '12']);
    const late = new Scrapes('counter', 'm_total');
    expect([late.of(10), late.of(11, 500), late.of(12, 500)]).toEqual(['held', '1 @ 1000', '12 @ 500']);
    const unknown = new Scrapes('counter', 'm_total');
    expect([unknown.of(10, NaN), unknown.of(11)]).toEqual(['held', '1 @ 1000']);
  });

  it('goes by the timestamps of the target where they are honored', () => {
    const honored = new Scrapes('counter', 'm');
    expect([honored.of(10, undefined, 700), honored.of(11)]).toEqual(['held', '1 @ 700']);
    const ignored = new Scrapes('counter', 'm', false);
    expect([ignored.of(10, undefined, 700), ignored.of(11)]).toEqual(['held', '1 @ 1000']);
  });

  it.each([
    ['counter', 'm_total', true],
    ['histogram', 'm_bucket', true],
    ['summary', 'm_count', true],
    ['summary', 'm', false],
    ['gauge', 'm', false],
    ['gaugehistogram', 'm', false],
    ['counter', 'other_total', false],
  ])('of a %s, %s counts: %s', (type, name, counts) => {
    expect(new Scrapes(type, name).of(3)).toBe(counts ? 'held' : '3');
  });

  it('begins again with a series that was gone', () => {
    const scrapes = new Scrapes('counter', 'm');
    scrapes.of(10);
    scrapes.forget();
    expect(scrapes.of(11)).toBe('held');
  });

  it('is stored from a scrape, and counts in the report', async () => {
    await using target = await FakeTarget.start('# TYPE hits counter\nhits 100\n# TYPE g gauge\ng 1\n');
    await using server = await TestServer.start(
      `
scrape_configs:
  - job_name: shop
    scrape_interval: 100ms
    static_configs: [{targets: ["${target.address}"]}]`,
      { flags: ['--enable-feature=st-synthesis,use-start-timestamps,promql-experimental-functions'] },
    );
    const one = async (query: string): Promise<number> => Number(Object.values(await server.query(query))[0]);
    await waitFor(async () => (await one('hits')) === 0);
    target.body = target.body.replace('100', '107');
    await waitFor(async () => (await one('hits')) === 7);
    expect(await one('count_over_time(g[1m]) - count_over_time(hits[1m])')).toBe(1);
    const first = await one('min_over_time(timestamp(g)[1m:1ms])');
    expect(await one('start_timestamp(hits)')).toBe(first);
    expect(await one('min_over_time(scrape_samples_scraped[1m])')).toBe(2);
    target.body = target.body.replace('107', '3');
    await waitFor(async () => (await one('hits')) === 3);
    expect(await one('resets(hits[1m])')).toBe(1);
    expect(await one('start_timestamp(hits)')).toBeGreaterThan(first);
  });
});
