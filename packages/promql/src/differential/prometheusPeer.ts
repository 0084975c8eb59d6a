import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProcess, tempDir, type RunningProcess } from '@binnacle/testing';

/** One series of an answer: values by time in milliseconds. */
export type AnswerSeries = ReadonlyMap<number, number>;

/** Series by their labels as sorted JSON, or that there was an error. */
export type Answer = ReadonlyMap<string, AnswerSeries> | 'error';

/** A real Prometheus with given data. */
export class PrometheusPeer implements AsyncDisposable {
  readonly #process: RunningProcess;
  readonly #url: string;
  readonly #cleanUp: () => void;

  private constructor(process: RunningProcess, url: string, cleanUp: () => void) {
    this.#process = process;
    this.#url = url;
    this.#cleanUp = cleanUp;
  }

  static async start(openMetrics: string): Promise<PrometheusPeer> {
    const folder = tempDir('promql-peer');
    const input = join(folder.path, 'data.om');
    const data = join(folder.path, 'data');
    const config = join(folder.path, 'prometheus.yml');
    writeFileSync(input, openMetrics);
    writeFileSync(config, 'global: {}\n');
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', input, data], { stdio: 'pipe' });
    const address = `127.0.0.1:${await freePort()}`;
    const process = await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=100y',
        `--web.listen-address=${address}`,
        '--enable-feature=promql-at-modifier,promql-negative-offset',
      ],
      readyUrl: `http://${address}/-/ready`,
    });
    return new PrometheusPeer(process, `http://${address}`, () => folder.remove());
  }

  async range(query: string, startMs: number, endMs: number, stepMs: number): Promise<Answer> {
    const body = new URLSearchParams({
      query,
      start: String(startMs / 1000),
      end: String(endMs / 1000),
      step: String(stepMs / 1000),
    });
    const response = await fetch(`${this.#url}/api/v1/query_range`, { method: 'POST', body });
    const answer = (await response.json()) as {
      readonly status: string;
      readonly data?: {
        readonly result: readonly { metric: Record<string, string>; values: [number, string][] }[];
      };
    };
    if (answer.status !== 'success') return 'error';
    return new Map(
      answer.data!.result.map(({ metric, values }) => [
        seriesKey(metric),
        new Map(values.map(([seconds, text]) => [Math.round(seconds * 1000), parseValue(text)])),
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    this.#cleanUp();
  }
}

export function seriesKey(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parseValue(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}
