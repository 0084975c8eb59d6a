import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PeriskopExport } from '../src/index.ts';

/** One push as the server saw it. */
export interface ReceivedPush {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly payload: PeriskopExport;
}

export interface PushServer extends AsyncDisposable {
  readonly origin: string;
  readonly received: ReceivedPush[];
  /** What to do with the next pushes, in turn: a status, a closed connection, or no answer. When used up: 204. */
  readonly script: (number | 'drop' | 'hang')[];
  /** The total of every key over all targets, by the last payload of each target. */
  totals(): Map<string, number>;
}

/** A real HTTP server that takes pushes as exception-server does: the last payload of a target holds. */
export async function startPushServer(): Promise<PushServer> {
  const received: ReceivedPush[] = [];
  const script: PushServer['script'] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.end('a GET pushes nothing');
      return;
    }
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, payload: JSON.parse(text) as PeriskopExport });
      const next = script.shift() ?? 204;
      if (next === 'drop') request.socket.destroy();
      else if (next !== 'hang') response.writeHead(next, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const totals = (): Map<string, number> => {
    const last = new Map(received.map(({ payload }) => [payload.target_uuid, payload]));
    const sums = new Map<string, number>();
    for (const { aggregated_errors } of last.values()) {
      for (const { aggregation_key: key, total_count: count } of aggregated_errors) {
        sums.set(key, (sums.get(key) ?? 0) + count);
      }
    }
    return sums;
  };
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, received, script, totals, [Symbol.asyncDispose]: stop };
}
