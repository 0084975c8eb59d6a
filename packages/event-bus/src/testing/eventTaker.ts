import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventRegistry, fromHttp, type CloudEvent } from '@binnacle/event-schemas';

/** Takes events over HTTP as stream-service does, checks each against its schema, and keeps them. */
export class EventTaker implements AsyncDisposable {
  readonly events: CloudEvent[] = [];
  /** Answers 503 while true. */
  isAway = false;
  readonly #registry = new EventRegistry();
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (this.isAway) return response.writeHead(503).end('{}');
      const headers = { 'content-type': request.headers['content-type'] };
      const events = fromHttp({ headers, body }).map((event) => this.#registry.check(event).event);
      this.events.push(...events);
      return response.end(
        JSON.stringify({ accepted: events.length, duplicates: 0, rejected: [], lastOffset: 0 }),
      );
    });
  });

  static async start(): Promise<EventTaker> {
    const taker = new EventTaker();
    await new Promise<void>((resolve) => taker.#server.listen(0, '127.0.0.1', resolve));
    return taker;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
