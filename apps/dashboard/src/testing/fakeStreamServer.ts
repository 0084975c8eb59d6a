import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudEvent, StoredEvent } from '../api/eventTypes.ts';
import { fixtureEvents } from './eventFixtures.ts';
import { FakeEventLog, itemOf, selects, timelineKeys } from './fakeEventLog.ts';

/** A stand-in for stream-service that serves fixtures of its own API. For tests and for work on the pages. */
export interface FakeStreamServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFakeStreamServer({ port = 0, now = Date.now() } = {}): Promise<FakeStreamServer> {
  const log = new FakeEventLog();
  for (const event of fixtureEvents(now)) log.append(event, event.time);
  const listeners = new Map<ServerResponse, (stored: StoredEvent) => void>();

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      sendJson(response, 500, { error: { code: 'STREAM_FAKE', message: String(error) } });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const offset = /^\/api\/v1\/events\/(\d+)$/.exec(pathname)?.[1];
    if (pathname === '/-/ready') return sendJson(response, 200, { status: 'ready' });
    if (request.method === 'POST' && pathname === '/api/v1/events') return publish(request, response);
    if (pathname === '/api/v1/streams') return sendJson(response, 200, log.streams(Date.now()));
    if (pathname === '/api/v1/events') return sendJson(response, 200, log.page(searchParams));
    if (pathname === '/api/v1/events/histogram') {
      return sendJson(response, 200, log.histogram(searchParams, Date.now()));
    }
    if (pathname === '/api/v1/timelines') return sendJson(response, 200, log.timelines(searchParams));
    if (pathname === '/api/v1/events/live') return tail(request, response, searchParams);
    if (pathname === '/api/v1/timelines/live') return tailTimelines(request, response, searchParams);
    const stored = offset === undefined ? undefined : log.get(Number(offset));
    if (stored !== undefined) return sendJson(response, 200, stored);
    sendJson(response, 404, { error: { code: 'STREAM_NOT_FOUND', message: `no ${pathname}` } });
  }

  async function publish(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readJson(request)) as CloudEvent | CloudEvent[];
    const events = Array.isArray(body) ? body : [body];
    let lastOffset = -1;
    for (const event of events) {
      const stored = log.append({ time: new Date().toISOString(), ...event });
      lastOffset = stored.offset;
      for (const tell of listeners.values()) tell(stored);
    }
    sendJson(response, 200, { accepted: events.length, duplicates: 0, rejected: [], lastOffset });
  }

  function tail(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const matches = selects(query);
    open(request, response, query, (stored) => {
      if (matches(stored)) sendEvent(response, 'event', stored.offset, stored);
    });
  }

  function tailTimelines(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const keys = query.getAll('key');
    open(request, response, query, (stored) => {
      for (const key of timelineKeys(stored)) {
        if (keys.includes(key)) sendEvent(response, 'item', stored.offset, itemOf(key, stored));
      }
    });
  }

  /** Sends what follows the offset that the client has, and then what comes. */
  function open(
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    send: (stored: StoredEvent) => void,
  ): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': connected\n\n');
    listeners.set(response, send);
    response.on('close', () => listeners.delete(response));
    const resumed = request.headers['last-event-id'] ?? query.get('after');
    if (resumed === null) return;
    for (let offset = Number(resumed) + 1; log.get(offset) !== undefined; offset += 1) send(log.get(offset)!);
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const response of listeners.keys()) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function sendEvent(response: ServerResponse, name: string, id: number, data: unknown): void {
  response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
