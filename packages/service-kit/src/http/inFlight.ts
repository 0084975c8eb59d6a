import type { FastifyRequest } from 'fastify';
import type { ServiceApp } from '../serviceDefinition.ts';

/** The requests that are being answered at this moment. */
export class InFlightRequests {
  readonly #startedAt = new Map<FastifyRequest, number>();

  /** Follows every request of the app. */
  register(app: ServiceApp): void {
    app.addHook('onRequest', (request, reply, done) => {
      this.#startedAt.set(request, performance.now());
      reply.raw.once('close', () => this.#startedAt.delete(request));
      done();
    });
  }

  get count(): number {
    return this.#startedAt.size;
  }

  /** Method, URL without its query, id and age of each, oldest first. */
  list(): { method: string; url: string; requestId: string; ageMs: number }[] {
    const now = performance.now();
    return [...this.#startedAt].map(([request, startedAt]) => ({
      method: request.method,
      url: request.url.split('?', 1)[0]!,
      requestId: request.id,
      ageMs: Math.round(now - startedAt),
    }));
  }
}
