import { Agent, request } from 'node:http';

const TIMEOUT_MS = 60_000;

/** Requests to one server over connections that stay open. An answer that is not a success throws with its text. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #port: number;
  readonly #timeoutMs: number;

  constructor(port: number, timeoutMs = TIMEOUT_MS) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  get(path: string): Promise<Buffer> {
    return this.#send('GET', path);
  }

  post(path: string, body?: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    return this.#send('POST', path, body, headers);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    body?: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: this.#port, agent: this.#agent, timeout: this.#timeoutMs };
      const length = { 'content-length': String(body?.length ?? 0) };
      const outgoing = request(
        { ...target, method, path, headers: { ...headers, ...length } },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const answer = Buffer.concat(parts);
            const status = incoming.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(answer);
            else
              reject(new Error(`${method} ${path} answered ${status}: ${answer.toString().slice(0, 300)}`));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path} took more than ${this.#timeoutMs} ms`)),
      );
      outgoing.end(body);
    });
  }
}
