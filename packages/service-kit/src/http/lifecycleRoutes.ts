import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceApp } from '../serviceDefinition.ts';

/** What the routes under `/-/` need of the running server. */
export interface LifecycleTarget {
  readonly name: string;
  /** False answers 403 to reload and quit. */
  readonly isEnabled: boolean;
  notReady(): string | undefined;
  /** Rejects when the configuration is refused. */
  reload(): Promise<void>;
  quit(): void;
}

/** `/-/healthy`, `/-/ready`, `/-/reload` and `/-/quit`, answering as Prometheus does: in plain text. */
export function lifecycleRoutes(app: ServiceApp, target: LifecycleTarget): void {
  app.get('/-/healthy', async (_request, reply) => text(reply, 200, `${target.name} is healthy.\n`));

  app.get('/-/ready', async (_request, reply) => {
    const reason = target.notReady();
    if (reason === undefined) return text(reply, 200, `${target.name} is ready.\n`);
    return text(reply, 503, `${target.name} is not ready: ${reason}\n`);
  });

  app.route({
    method: ['POST', 'PUT'],
    url: '/-/reload',
    onRequest: guard(target),
    handler: async (_request, reply) => {
      try {
        await target.reload();
      } catch (error) {
        return text(reply, 500, `failed to reload config: ${(error as Error).message}\n`);
      }
      return text(reply, 200, '');
    },
  });

  app.route({
    method: ['POST', 'PUT'],
    url: '/-/quit',
    onRequest: guard(target),
    handler: async (_request, reply) => {
      reply.raw.once('close', () => target.quit());
      return text(reply, 200, 'Requesting termination... Goodbye!\n');
    },
  });

  for (const url of ['/-/reload', '/-/quit']) {
    app.get(url, async (_request, reply) => {
      return text(reply.header('allow', 'POST, PUT'), 405, 'Only POST or PUT requests allowed\n');
    });
  }
}

/** Refuses when switched off, and when a page of another site makes a browser send the request. */
function guard(target: LifecycleTarget) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (!target.isEnabled) {
      return text(reply, 403, 'Lifecycle API is not enabled; start with --web.enable-lifecycle\n');
    }
    if (isFromAnotherSite(request)) return text(reply, 403, 'Refused: sent by a page of another site\n');
    return undefined;
  };
}

function isFromAnotherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host;
}

function text(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return reply.code(statusCode).type('text/plain; charset=utf-8').send(body);
}
