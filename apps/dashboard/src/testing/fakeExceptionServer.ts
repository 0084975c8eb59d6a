import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { ActionRequest, ExceptionChange } from '../api/types.ts';
import type { PushedExport } from './fakePush.ts';
import { FakeStore, FakeRequestError } from './fakeStore.ts';

/** A stand-in for exception-server that serves fixtures of its own API. For tests and for work on the pages. */
export interface FakeExceptionServer {
  readonly url: string;
  readonly store: FakeStore;
  /** Pages that listen to the stream of changes now. */
  readonly listeners: number;
  /** Sends a change to every page that listens. */
  announce(change: ExceptionChange): void;
  close(): Promise<void>;
}

export async function startFakeExceptionServer({
  port = 0,
  count = 42,
  now = Date.now(),
} = {}): Promise<FakeExceptionServer> {
  const store = new FakeStore(now, count);
  const listeners = new Set<ServerResponse>();
  let cursor = 0;
  const announce = (change: ExceptionChange): void => {
    cursor += 1;
    for (const response of listeners)
      response.write(`id: ${cursor}\nevent: exception\ndata: ${JSON.stringify(change)}\n\n`);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof FakeRequestError ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      sendJson(response, status, { error: { code: `EXCEPTIONS_${status}`, message } });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, , , resource, id, part] = url.pathname.split('/');
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /api/v1/changes') return listen(response);
    if (route === 'POST /api/v1/exceptions/actions') {
      const action = (await readJson(request)) as ActionRequest;
      const done = store.act(action, randomUUID());
      for (const change of done.changes) announce(change);
      return sendJson(response, 200, done.answer);
    }
    if (route === 'POST /api/v1/exceptions/actions/undo') {
      const { undoToken } = (await readJson(request)) as { undoToken: string };
      const done = store.undo(undoToken);
      for (const change of done.changes) announce(change);
      return sendJson(response, 200, { affected: done.changes.length });
    }
    if (route === 'POST /api/v1/push') {
      const pushed = (await readJson(request)) as PushedExport;
      return sendJson(response, 200, store.push(url.searchParams.get('service') ?? '', pushed));
    }
    if (request.method !== 'GET') throw new FakeRequestError(404, `no route ${route}`);
    if (resource === 'exceptions' && id === undefined)
      return sendJson(response, 200, store.list(url.searchParams));
    if (resource === 'exceptions' && part === 'series')
      return sendJson(response, 200, store.series(id!, url.searchParams));
    if (resource === 'exceptions' && part === undefined)
      return sendJson(response, 200, store.detail(id!, url.searchParams));
    if (resource === 'services') return sendJson(response, 200, store.services(url.searchParams));
    if (resource === 'facets') return sendJson(response, 200, store.facets(url.searchParams));
    if (resource === 'targets') return sendJson(response, 200, store.targets());
    throw new FakeRequestError(404, `no route ${route}`);
  }

  function listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': connected\n\n');
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    store,
    get listeners() {
      return listeners.size;
    },
    announce,
    close: async () => {
      for (const response of listeners) response.destroy();
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

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
