import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startService, type Clock, type RunningService } from '@binnacle/service-kit';
import { tempDir, waitFor, type TempDir } from '@binnacle/testing';
import { pino } from 'pino';
import { exceptionServer } from '../service.ts';

export interface TestServerOptions {
  readonly clock?: Clock;
  readonly storage?: string;
  readonly flags?: readonly string[];
}

/** The whole server in this process, with its configuration in a temporary folder. */
export class TestServer implements AsyncDisposable {
  readonly #folder: TempDir;
  readonly #options: TestServerOptions;
  #running!: RunningService;

  private constructor(folder: TempDir, options: TestServerOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async start(config: string, options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(tempDir('exceptions'), options);
    server.write(config);
    await server.#start();
    return server;
  }

  get url(): string {
    return this.#running.url;
  }

  write(config: string): void {
    writeFileSync(join(this.#folder.path, 'config.yaml'), config);
  }

  reload(): Promise<void> {
    return this.#running.reload();
  }

  async restart(): Promise<void> {
    await this.#running.stop();
    await this.#start();
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    const response = await fetch(this.url + path);
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async post<T = Record<string, unknown>>(path: string, body: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async list(query = ''): Promise<ListedException[]> {
    return (await this.get<{ items: ListedException[] }>(`/api/v1/exceptions?status=all&${query}`)).items;
  }

  /** Totals by key. */
  async totals(): Promise<Record<string, number>> {
    return Object.fromEntries(
      (await this.list('limit=1000')).map(({ key, totalCount }) => [key, totalCount]),
    );
  }

  async waitForTotals(totals: Record<string, number>): Promise<void> {
    let last = '';
    const wanted = JSON.stringify(sorted(totals));
    await waitFor(async () => (last = JSON.stringify(sorted(await this.totals()))) === wanted, {
      what: `totals ${wanted}`,
      intervalMs: 30,
    }).catch((error: Error) => {
      throw new Error(`${error.message}; totals are ${last}`, { cause: error });
    });
  }

  async metric(line: string): Promise<string | undefined> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text.split('\n').find((each) => each.startsWith(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.stop();
    this.#folder.remove();
  }

  async #start(): Promise<void> {
    const storage = this.#options.storage ?? join(this.#folder.path, 'exceptions.sqlite');
    this.#running = await startService(exceptionServer, {
      argv: [
        `--config.file=${join(this.#folder.path, 'config.yaml')}`,
        '--web.listen-address=127.0.0.1:0',
        `--storage.url=${storage}`,
        ...(this.#options.flags ?? []),
      ],
      log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
      ...(this.#options.clock !== undefined && { clock: this.#options.clock }),
    });
  }
}

export interface ListedException {
  id: string;
  service: string;
  key: string;
  class: string;
  message: string;
  severity: string;
  status: string;
  count: number;
  previousCount: number;
  totalCount: number;
  versions: string[];
  sparkline: number[];
  coverage: { answered: number; total: number };
  mute: unknown;
  resolvedAt: string | null;
  regression: { version: string; kind: string } | null;
  labels: Record<string, string>;
  firstSeen: string;
  lastSeen: string;
}

function sorted(record: Record<string, number>): [string, number][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
