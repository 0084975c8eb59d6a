import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compress, encodeWriteV1, type OutgoingSeries } from '@binnacle/remote-protocol';
import { startService, type Clock, type RunningService, type StartOptions } from '@binnacle/service-kit';
import { fastify } from 'fastify';
import { tempDir, type TempDir } from '@binnacle/testing';
import { Labels, type FloatHistogram } from '@binnacle/model';
import { parseSeriesLine } from '@binnacle/promql';
import { metricsServer } from '../service.ts';

export interface TestServerOptions {
  readonly flags?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Puts something into the data folder before the server starts. */
  readonly prepare?: (dataFolder: string) => Promise<void>;
}

interface Answer<T> {
  readonly status: string;
  readonly data: T;
  readonly error?: string;
  readonly errorType?: string;
  readonly warnings?: readonly string[];
}

/** The whole server in this process, with its folder of configuration and data. */
export class TestServer implements AsyncDisposable {
  readonly folder: TempDir;
  readonly #options: TestServerOptions;
  #running!: RunningService;

  private constructor(folder: TempDir, options: TestServerOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async start(config = '', options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(tempDir('metrics'), options);
    server.write('prometheus.yml', config);
    for (const [name, text] of Object.entries(options.files ?? {})) server.write(name, text);
    await options.prepare?.(join(server.folder.path, 'data'));
    await server.#start();
    return server;
  }

  get url(): string {
    return this.#running.url;
  }

  get port(): number {
    return this.#running.port;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder.path, name), text);
  }

  reload(): Promise<void> {
    return this.#running.reload();
  }

  async restart(): Promise<void> {
    await this.#running.stop();
    await this.#start();
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** The envelope of an API route, whatever its status. */
  async api<T = unknown>(path: string, init?: RequestInit): Promise<Answer<T> & { readonly code: number }> {
    const response = await this.fetch(`/api/v1${path}`, init);
    return { code: response.status, ...((await response.json()) as Answer<T>) };
  }

  /** An instant query as `labels value` texts. */
  async query(query: string, time?: number): Promise<Record<string, string>> {
    const params = new URLSearchParams({ query, ...(time !== undefined && { time: String(time) }) });
    const { data } = await this.api<{
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>(`/query?${params}`);
    return Object.fromEntries(
      data.result.map(({ metric, value }) => [Labels.from(metric).toString(), value[1]]),
    );
  }

  /** Stores series by remote write 1.0. Times are seconds. */
  write1(
    series: readonly { labels: Record<string, string>; samples: readonly (readonly [number, number])[] }[],
  ): Promise<Response> {
    const outgoing: OutgoingSeries[] = series.map(({ labels, samples }) => ({
      labels: Labels.from(labels),
      timestamps: Float64Array.from(samples, ([seconds]) => Math.round(seconds * 1000)),
      values: Float64Array.from(samples, ([, value]) => value),
    }));
    return this.#write1(outgoing);
  }

  /** Stores one native histogram, in the notation of PromQL's tests, by remote write 1.0. */
  writeHistogram(name: string, timestampMs: number, text: string): Promise<Response> {
    const { labels, values } = parseSeriesLine(`${name} ${text}`);
    const histogram = values[0] as FloatHistogram;
    const none = new Float64Array(0);
    const histograms = [{ histogram, timestampMs, startTimestampMs: 0 }];
    return this.#write1([{ labels, timestamps: none, values: none, histograms }]);
  }

  #write1(outgoing: readonly OutgoingSeries[]): Promise<Response> {
    return this.fetch('/api/v1/write', {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: compress(encodeWriteV1(outgoing)) as Uint8Array<ArrayBuffer>,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.stop();
    this.folder.remove();
  }

  async #start(): Promise<void> {
    const { flags = [], clock } = this.#options;
    this.#running = await startService(metricsServer, {
      argv: [
        `--config.file=${join(this.folder.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(this.folder.path, 'data')}`,
        '--storage.tsdb.max-series=100000',
        '--web.listen-address=127.0.0.1:0',
        '--web.enable-remote-write-receiver',
        ...flags,
      ],
      log: silentLog(),
      ...(clock !== undefined && { clock }),
    });
  }
}

/** A log that nobody reads. */
export function silentLog(): StartOptions['log'] & object {
  return fastify({ logger: { level: 'silent' } }).log as StartOptions['log'] & object;
}
