import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setStaleAt } from '@binnacle/model';
import {
  DEFAULT_OPTIONS,
  encodeResponse,
  Engine,
  loadedSamples,
  MemoryStore,
  parseScript,
  TEST_SUITE_FEATURES,
  type EvalCommand,
  type LoadedSample,
} from '@binnacle/promql';
import { compress, encodeWriteV2, type OutgoingSeries } from '@binnacle/remote-protocol';
import { sharedReference } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { TestServer } from './testing/server.ts';

const FEATURES = [
  'promql-experimental-functions',
  'promql-duration-expr',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
  'promql-delayed-name-removal',
  'use-start-timestamps',
];
/** The cases load what is older than what they loaded before. */
const CONFIG = 'storage: { tsdb: { out_of_order_time_window: 10y } }';
const folder = sharedReference('promqltest');
const title = "Prometheus's conformance cases, written to the server and asked over HTTP";

/**
 * The library passes these cases over its store in memory (packages/promql). Here the samples go in by remote write 2.0,
 * and every answer must be, byte for byte, what the library gives.
 */
describe.skipIf(folder === undefined)(
  folder === undefined ? `${title} (../shared/promqltest is not here)` : title,
  () => {
    const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.test'));
    it.each(files)('%s', async (name) => {
      const failures: string[] = [];
      await using state = new State();
      for (const command of parseScript(readFileSync(join(folder!, name), 'utf8'))) {
        if (command.kind === 'clear') await state.clear();
        else if (command.kind === 'load') await state.load([...loadedSamples(command)]);
        else {
          const [got, expected] = [await state.answer(command), state.expected(command)];
          if (got !== expected) {
            failures.push(
              `${name}:${command.line}: ${command.query}\n  got      ${got}\n  expected ${expected}`,
            );
          }
        }
      }
      expect(failures.slice(0, 10).join('\n')).toBe('');
    });
  },
);

/** One state of the storage in both forms. */
class State implements AsyncDisposable {
  readonly #engine = new Engine({ ...DEFAULT_OPTIONS, features: TEST_SUITE_FEATURES });
  readonly #store = new MemoryStore();
  #server: TestServer | undefined;

  async clear(): Promise<void> {
    this.#store.clear();
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async load(all: readonly LoadedSample[]): Promise<void> {
    const samples = withoutDuplicates(all);
    for (const { labels, ms, value, startMs } of samples) this.#store.append(labels, ms, value, startMs);
    const server = await this.#running();
    const response = await server.fetch('/api/v1/write', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'content-encoding': 'snappy',
      },
      body: compress(encodeWriteV2(runsOf(samples).map(outgoing))) as Uint8Array<ArrayBuffer>,
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  }

  async answer({ query, startMs, endMs, stepMs }: EvalCommand): Promise<string> {
    const server = await this.#running();
    const params = new URLSearchParams({ query });
    if (stepMs === 0) params.set('time', String(startMs / 1000));
    else {
      params.set('start', String(startMs / 1000));
      params.set('end', String(endMs / 1000));
      params.set('step', String(stepMs / 1000));
    }
    const route = stepMs === 0 ? 'query' : 'query_range';
    const response = await server.fetch(`/api/v1/${route}?${params}`);
    const text = await response.text();
    return response.ok ? text : (JSON.parse(text) as { error: string }).error;
  }

  expected({ query, startMs, endMs, stepMs }: EvalCommand): string {
    try {
      const result =
        stepMs === 0
          ? this.#engine.instant(this.#store, { query, timeMs: startMs })
          : this.#engine.range(this.#store, { query, startMs, endMs, stepMs });
      return encodeResponse(result).toString();
    } catch (error) {
      return (error as Error).message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
  }

  async #running(): Promise<TestServer> {
    this.#server ??= await TestServer.start(CONFIG, { flags: [`--enable-feature=${FEATURES.join(',')}`] });
    return this.#server;
  }
}

/** A few cases say two values for one time; a store refuses the second. */
function withoutDuplicates(samples: readonly LoadedSample[]): LoadedSample[] {
  return [...Map.groupBy(samples, ({ labels, ms }) => `${labels.key}@${ms}`).values()].map(
    ([first]) => first!,
  );
}

/** A series of a request holds its floats before its histograms, so one that changes kind goes in several pieces. */
function runsOf(samples: readonly LoadedSample[]): LoadedSample[][] {
  const runs: LoadedSample[][] = [];
  for (const sample of samples) {
    const last = runs.at(-1)?.at(-1);
    const goesOn =
      last?.labels.key === sample.labels.key &&
      (typeof last.value === 'object') === (typeof sample.value === 'object');
    if (goesOn) runs.at(-1)!.push(sample);
    else runs.push([sample]);
  }
  return runs;
}

function outgoing(samples: readonly LoadedSample[]): OutgoingSeries {
  const floats = samples.filter(({ value }) => typeof value !== 'object');
  const values = new Float64Array(floats.length);
  floats.forEach(({ value }, at) => {
    if (value === 'stale') setStaleAt(values, at);
    else values[at] = value as number;
  });
  return {
    labels: samples[0]!.labels,
    timestamps: Float64Array.from(floats, ({ ms }) => ms),
    values,
    startTimestamps: Float64Array.from(floats, ({ startMs }) => startMs),
    histograms: samples.flatMap(({ value, ms, startMs }) =>
      typeof value === 'object' ? [{ histogram: value, timestampMs: ms, startTimestampMs: startMs }] : [],
    ),
  };
}
