import { ProtobufParser, TextParser, type ExpositionHandler } from '@binnacle/exposition';
import type { FloatHistogram, Labels } from '@binnacle/model';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';
import { ClassicHistograms } from './classicHistograms.ts';

/** What is handed on, scrape by scrape. */
class Inner implements ExpositionHandler {
  readonly names: string[] = [];
  samples: string[] = [];
  histograms: [string, FloatHistogram][] = [];
  exemplars: string[] = [];

  metadata(): void {}
  series(labels: Labels): number {
    return this.names.push(labels.toString());
  }
  sample(ref: number, value: number): void {
    this.samples.push(`${this.names[ref - 1]} ${value}`);
  }
  exemplar(ref: number, labels: Labels): void {
    this.exemplars.push(`${this.names[ref - 1]} ${labels.toString()}`);
  }
  histogram(ref: number, histogram: FloatHistogram): void {
    this.histograms.push([this.names[ref - 1]!, histogram]);
  }
  created(): void {}
}

function scraper(keepsClassic = false) {
  const inner = new Inner();
  const classic = new ClassicHistograms(inner, keepsClassic);
  const parser = new TextParser();
  const scrape = (text: string): Inner => {
    inner.samples = [];
    inner.histograms = [];
    classic.begin();
    parser.parse(Buffer.from(text), false, classic);
    classic.end();
    return inner;
  };
  return { inner, classic, scrape };
}

const HISTOGRAM = `# TYPE took histogram
took_bucket{a="1",le="0.5"} 1
took_bucket{a="1",le="2"} 3
took_bucket{a="1",le="+Inf"} 4
took_sum{a="1"} 9.5
took_count{a="1"} 4
# TYPE other_count counter
other_count 5
`;

describe('classic histograms', () => {
  it('become native ones with custom buckets, scrape after scrape', () => {
    const { scrape } = scraper();
    for (const factor of [1, 2]) {
      const text = HISTOGRAM.replace(
        /} (\d+(\.\d+)?)$/gm,
        (_, value: string) => `} ${factor * Number(value)}`,
      );
      const { histograms, samples } = scrape(text);
      expect(samples).toEqual(['{__name__="other_count"} 5']);
      expect(histograms).toEqual([
        [
          '{__name__="took", a="1"}',
          expect.objectContaining({
            schema: -53,
            count: 4 * factor,
            sum: 9.5 * factor,
            customValues: Float64Array.of(0.5, 2),
            positiveBuckets: Float64Array.of(factor, 2 * factor, factor),
            positiveSpans: [{ offset: 0, length: 3 }],
          }),
        ],
      ]);
    }
  });

  it('stay beside them when told so', () => {
    const { scrape } = scraper(true);
    expect(scrape(HISTOGRAM).samples).toHaveLength(6);
    expect(scrape(HISTOGRAM).histograms).toHaveLength(1);
  });

  it('are taken with what is there: without +Inf, without a sum, with another bucket, and gone', () => {
    const { scrape, inner } = scraper();
    const [, first] = scrape('# TYPE h histogram\nh_bucket{le="1"} 2\nh_count 5\n').histograms[0]!;
    expect(first).toMatchObject({ count: 5, sum: 0, positiveBuckets: Float64Array.of(2, 3) });
    const [, second] = scrape(
      '# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="2"} 2\nh_bucket{le="+Inf"} 6\n',
    ).histograms[0]!;
    expect(second).toMatchObject({
      count: 6,
      customValues: Float64Array.of(1, 2),
      positiveBuckets: Float64Array.of(2, 0, 4),
    });
    expect(scrape('x 1\n').histograms).toEqual([]);
    const made = inner.names.length;
    expect(scrape('# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\n').histograms).toHaveLength(1);
    expect(inner.names).toHaveLength(made + 1);
  });

  it.each([
    ['counts that go down', 'h_bucket{le="1"} 5\nh_bucket{le="2"} 3\nh_bucket{le="+Inf"} 6\nh_count 6\n'],
    ['another count than that of +Inf', 'h_bucket{le="1"} 5\nh_bucket{le="+Inf"} 6\nh_count 7\n'],
    ['a sum alone', 'h_sum 5\n'],
  ])('make none with %s, and one again later as a new series', (_, lines) => {
    const { scrape, inner } = scraper();
    const good = '# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\n';
    scrape(good);
    expect(scrape(`# TYPE h histogram\n${lines}`).histograms).toEqual([]);
    expect(scrape(good).histograms).toHaveLength(1);
    expect(inner.names.filter((name) => name === '{__name__="h"}')).toHaveLength(2);
  });

  it('keep their exemplars', () => {
    const inner = new Inner();
    const classic = new ClassicHistograms(inner, false);
    const text = '# TYPE h histogram\nh_bucket{le="1"} 1 # {id="7"} 0.5\nh_count 1\nh_sum 0.5\n# EOF\n';
    classic.begin();
    new TextParser().parse(Buffer.from(text), true, classic);
    classic.end();
    expect(inner.exemplars).toEqual(['{__name__="h"} {id="7"}']);
  });

  it('are left alone where the target has a native one', () => {
    const inner = new Inner();
    const classic = new ClassicHistograms(inner, true);
    classic.begin();
    new ProtobufParser({ alwaysClassicHistograms: true }).parse(NATIVE_AND_CLASSIC, classic);
    classic.end();
    expect(inner.histograms.map(([name, { schema }]) => [name, schema])).toEqual([['{__name__="h"}', 3]]);
    expect(inner.samples).toHaveLength(4);
  });
});

// MetricFamily{name: "h", type: HISTOGRAM, metric: {histogram: {sample_count: 2, sample_sum: 1, bucket: {1, 0.5},
// schema: 3, zero_threshold: 2^-128, positive_span: {0, 1}, positive_delta: 2}}}, with its length in front.
const NATIVE_AND_CLASSIC = ((): Buffer => {
  const double = (value: number): number[] => [...Buffer.from(Float64Array.of(value).buffer)];
  const nested = (tag: number, bytes: number[]): number[] => [tag, bytes.length, ...bytes];
  const number = (tag: number, value: number): number[] => [tag, value];
  const histogram = [
    number(0x08, 2),
    [0x11, ...double(1)],
    nested(0x1a, [0x08, 1, 0x11, ...double(0.5)]),
    number(0x28, 6),
    [0x31, ...double(2 ** -128)],
    nested(0x62, [0x08, 0, 0x10, 1]),
    nested(0x6a, [4]),
  ].flat();
  const family = [nested(0x0a, [0x68]), number(0x18, 4), nested(0x22, nested(0x3a, histogram))].flat();
  return Buffer.from([family.length, ...family]);
})();

it('convert_classic_histograms_to_nhcb stores native histograms that queries work on', async () => {
  await using target = await FakeTarget.start(HISTOGRAM);
  await using server = await TestServer.start(`
scrape_configs:
  - job_name: shop
    scrape_interval: 100ms
    convert_classic_histograms_to_nhcb: true
    static_configs: [{targets: ["${target.address}"]}]`);
  await waitFor(async () => Object.keys(await server.query('histogram_count(took)')).length === 1);
  expect(Object.values(await server.query('histogram_quantile(0.5, took)'))).toEqual(['1.25']);
  expect(await server.query('took_bucket')).toEqual({});
  target.body = 'x 1\n';
  await waitFor(async () => Object.keys(await server.query('histogram_count(took)')).length === 0);
  target.body = HISTOGRAM;
  await waitFor(async () => Object.keys(await server.query('histogram_count(took)')).length === 1);
});
