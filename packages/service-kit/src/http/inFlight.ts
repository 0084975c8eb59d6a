import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../errors.ts';
import type { ServiceApp } from '../serviceDefinition.ts';

interface InFlight {
  readonly reply: FastifyReply;
  readonly startedAt: number;
}

const MIN_SWEEP_MS = 10;
const MAX_SWEEP_MS = 1000;

/** The requests that are being answered at this moment. One timer watches the deadlines of all of them. */
export class InFlightRequests implements Disposable {
  readonly #requests = new Map<FastifyRequest, InFlight>();
  readonly #timeoutMs: number;
  readonly #sweep: NodeJS.Timeout | undefined;

  /** A request that has no answer after `timeoutMs` gets 503, up to a tenth later or a second; 0 is no limit. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    if (timeoutMs === 0) return;
    const intervalMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, timeoutMs / 10));
    this.#sweep = setInterval(() => this.#endLate(), intervalMs).unref();
  }

  /** Follows every request of the app. A route with a `handlerTimeout` of its own is left to that. */
  register(app: ServiceApp): void {
    app.addHook('onRequest', (request, reply, done) => {
      this.#requests.set(request, { reply, startedAt: performance.now() });
      reply.raw.once('close', () => this.#requests.delete(request));
      done();
    });
  }

  get count(): number {
    return this.#requests.size;
  }

  /** Method, URL without its query, id and age of each, oldest first. */
  list(): { method: string; url: string; requestId: string; ageMs: number }[] {
    const now = performance.now();
    return [...this.#requests].map(([request, { startedAt }]) => ({
      method: request.method,
      url: request.url.split('?', 1)[0]!,
      requestId: request.id,
      ageMs: Math.round(now - startedAt),
    }));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweep);
  }

  /** A map keeps its order: once a request is young enough, so are all after it. */
  #endLate(): void {
    const before = performance.now() - this.#timeoutMs;
    for (const [request, { reply, startedAt }] of this.#requests) {
      if (startedAt > before) return;
      if (reply.sent || (request.routeOptions.handlerTimeout ?? 0) > 0) continue;
      if (reply.raw.headersSent) reply.raw.destroy();
      else reply.send(new HttpError(503, 'TIMEOUT', LATE));
    }
  }
}

const LATE = 'the answer took longer than this server allows (--web.request-timeout)';
