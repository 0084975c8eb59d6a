import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeAggregate {
  key: string;
  count: number;
  severity?: string;
  createdAt?: string;
  samples?: object[];
}

/** An HTTP server that exports exceptions in Periskop's client format, or whatever a test wants it to say. */
export class FakeTarget implements AsyncDisposable {
  uuid = randomUUID() as string;
  version: string | undefined;
  aggregates: FakeAggregate[] = [];
  requests = 0;
  /** Answers instead of the export. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  readonly #server = createServer((request, response) => {
    this.requests++;
    if (this.answer !== undefined) return this.answer(request, response);
    response.setHeader('content-type', 'text/plain');
    response.end(JSON.stringify(this.export()));
  });

  static async start(): Promise<FakeTarget> {
    const target = new FakeTarget();
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', resolve));
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Reports `times` occurrences of a key, keeping the ten newest as samples. */
  report(key: string, times = 1, extra: { severity?: string; error?: object } = {}): void {
    let aggregate = this.aggregates.find((other) => other.key === key);
    if (aggregate === undefined) {
      aggregate = { key, count: 0, createdAt: new Date().toISOString(), samples: [], ...extra };
      this.aggregates.push(aggregate);
    }
    for (let i = 0; i < times; i++) {
      aggregate.count++;
      aggregate.samples!.push(occurrence({ error: { ...occurrence().error, ...extra.error } }));
    }
    aggregate.samples!.splice(0, aggregate.samples!.length - 10);
  }

  export(): object {
    return {
      target_uuid: this.uuid,
      ...(this.version !== undefined && { version: this.version }),
      aggregated_errors: this.aggregates.map(
        ({ key, count, severity = 'error', createdAt, samples = [] }) => ({
          aggregation_key: key,
          total_count: count,
          severity,
          latest_errors: samples,
          ...(createdAt !== undefined && { created_at: createdAt }),
        }),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One occurrence as clients write it. */
export function occurrence<T extends object>(extra?: T) {
  return {
    error: { class: 'TypeError', message: 'x is not a function', stacktrace: ['at a', 'at b'], cause: null },
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
    severity: 'error',
    http_context: null,
    ...extra,
  };
}
