import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A real HTTP server on a free port of 127.0.0.1 or on a Unix socket, answering from a function of the test. */
export interface HttpFake extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  /** Every request so far, in order. */
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** Starts the server; with `tls` it speaks HTTPS. On a Unix socket the URL is `unix://` and its path. */
export async function httpFake(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: ServerOptions,
  socketPath?: string,
): Promise<HttpFake> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  const scheme = tls === undefined ? 'http' : 'https';
  const url =
    socketPath === undefined
      ? `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
      : `unix://${socketPath}`;
  return { url, server, requests, close, [Symbol.asyncDispose]: close };
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}
