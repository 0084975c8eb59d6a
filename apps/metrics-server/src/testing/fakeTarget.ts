import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target that answers what the test says. */
export class FakeTarget implements AsyncDisposable {
  readonly #server: Server;
  body = '';
  contentType = 'text/plain; version=0.0.4';
  /** Answers instead of `body`. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  requests = 0;
  lastHeaders: IncomingMessage['headers'] = {};

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests++;
      this.lastHeaders = request.headers;
      if (this.answer !== undefined) this.answer(request, response);
      else response.writeHead(200, { 'content-type': this.contentType }).end(this.body);
    });
  }

  static async start(body = ''): Promise<FakeTarget> {
    const target = new FakeTarget();
    target.body = body;
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', resolve));
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
