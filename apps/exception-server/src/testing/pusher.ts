import { FakeClock } from '@binnacle/testing';
import { occurrence } from './fakeTarget.ts';
import { TestServer } from './server.ts';

/** A server on a clock that the test moves, fed by pushes: every count is there when `push` returns. */
export class PushedServer implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #totals = new Map<string, { count: number; createdAt: string; samples: object[] }>();
  readonly server: TestServer;

  private constructor(server: TestServer, clock: FakeClock) {
    this.server = server;
    this.clock = clock;
  }

  static async start(storage: string, config = ''): Promise<PushedServer> {
    const clock = new FakeClock(Date.UTC(2026, 0, 15, 15, 0, 0));
    return new PushedServer(await TestServer.start(config, { clock, storage }), clock);
  }

  /** Pushes `times` more occurrences of a key from one process of a service. */
  async report(
    key: string,
    options: Report = {},
  ): Promise<{ accepted: number; added: number; rejected: number }> {
    const {
      service = 'shop',
      version = '1',
      times = 1,
      target = `${service} ${version}`,
      severity = 'error',
    } = options;
    const at = new Date(options.atMs ?? this.clock.now()).toISOString();
    const id = `${service} ${target} ${key}`;
    const totals = this.#totals.get(id) ?? { count: 0, createdAt: at, samples: [] };
    this.#totals.set(id, totals);
    totals.count += times;
    for (let i = 0; i < times; i++) {
      const error = {
        class: key.split('@')[0],
        message: options.message ?? `${key} happened`,
        stacktrace: ['at x'],
        cause: null,
      };
      totals.samples.push(occurrence({ error, timestamp: at, severity }));
    }
    totals.samples = totals.samples.slice(-10);
    const aggregate = {
      aggregation_key: key,
      total_count: totals.count,
      severity,
      created_at: totals.createdAt,
      latest_errors: totals.samples,
    };
    return this.server.post(`/api/v1/push?service=${encodeURIComponent(service.toWellFormed())}`, {
      aggregated_errors: [aggregate],
      target_uuid: target,
      version,
      labels: options.labels,
    });
  }

  async idOf(key: string): Promise<string> {
    const found = (await this.server.list('limit=1000')).find((each) => each.key === key);
    if (found === undefined) throw new Error(`no exception ${key}`);
    return found.id;
  }

  async statusOf(key: string): Promise<string> {
    return (await this.server.list('limit=1000')).find((each) => each.key === key)!.status;
  }

  act(ids: string[], action: string, extra: object = {}) {
    return this.server.post<{ affected: number; undoToken: string; undoUntil: string }>(
      '/api/v1/exceptions/actions',
      {
        ids,
        action,
        by: 'tester',
        ...extra,
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

interface Report {
  service?: string;
  version?: string;
  target?: string;
  times?: number;
  severity?: string;
  message?: string;
  labels?: Record<string, string>;
  atMs?: number;
}
