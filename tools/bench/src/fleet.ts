import { Labels } from '@binnacle/model';
import { hostMetrics, type MetricBlock } from './hostMetrics.ts';
import { randomFrom } from './random.ts';

const JOBS = ['api', 'web', 'db', 'cache', 'node'];

/** Hosts of 100 series each whose values move one step at a time. The same seed gives the same data. */
export class Fleet {
  readonly labels: readonly Labels[];
  /** The value of each series at the present step. */
  readonly values: Float64Array;
  readonly #blocks: { readonly at: number; readonly block: MetricBlock }[] = [];
  readonly #random: () => number;

  constructor(series: number, seed = 20_240) {
    this.#random = randomFrom(seed);
    const labels: Labels[] = [];
    const starts: number[] = [];
    for (let host = 0; labels.length < series; host++) {
      const identity = { instance: `host-${host}:9100`, job: JOBS[host % JOBS.length]! };
      for (const block of hostMetrics(host, this.#random)) {
        this.#blocks.push({ at: labels.length, block });
        for (const { labels: own, start } of block.series) {
          labels.push(Labels.from({ ...own, ...identity }));
          starts.push(start);
        }
      }
    }
    if (labels.length !== series)
      throw new Error(`expected whole hosts of 100 series, found ${series} series`);
    this.labels = labels;
    this.values = Float64Array.from(starts);
  }

  /** Moves every series by 15 seconds. */
  advance(): void {
    for (const { at, block } of this.#blocks) block.advance(this.values, at, this.#random);
  }
}
