import { once } from 'node:events';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { exceptionPlugin, type ExceptionPluginOptions } from './fastify.ts';
import { createExceptionCollector, type PeriskopExport } from './index.ts';

async function appWith(
  define: (app: FastifyInstance) => void,
  options: Partial<ExceptionPluginOptions> = {},
) {
  const collector = createExceptionCollector({ service: 'shop' });
  const app = fastify();
  void app.register(exceptionPlugin, { collector, ...options });
  define(app);
  await app.ready();
  const reported = (): string[] =>
    collector
      .export()
      .aggregated_errors.flatMap(({ latest_errors, total_count }) => [
        `${total_count} ${latest_errors[0]!.error.message}`,
      ]);
  return { app, collector, reported, [Symbol.asyncDispose]: () => app.close() };
}

describe('exceptionPlugin', () => {
  it('serves the export', async () => {
    await using server = await appWith(() => undefined);
    server.collector.report('x');
    const response = await server.app.inject('/-/exceptions');
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.json<PeriskopExport>()).toEqual(JSON.parse(JSON.stringify(server.collector.export())));
  });

  it('reports errors of requests, also of scopes beside its own, with the request', async () => {
    await using server = await appWith(
      (app) => {
        void app.register(async (scope) => {
          scope.post('/orders/:id', async (request) => {
            throw new Error(`failed with ${JSON.stringify(request.body)}`);
          });
        });
      },
      { includeBody: true },
    );
    const response = await server.app.inject({
      method: 'POST',
      url: '/orders/1?token=S3CRET',
      headers: { host: 'shop.example', cookie: 'S3CRET' },
      payload: { id: 1, password: 'S3CRET' },
    });
    expect(response.statusCode).toBe(500);
    const [aggregate] = server.collector.export().aggregated_errors;
    expect(aggregate).toMatchObject({
      total_count: 1,
      latest_errors: [
        {
          error: { message: 'failed with {"id":1,"password":"S3CRET"}' },
          http_context: {
            request_method: 'POST',
            request_url: 'http://shop.example/orders/1?token=[redacted]',
            request_headers: { cookie: '[redacted]' },
            request_body: '{"id":1,"password":"[redacted]"}',
          },
        },
      ],
    });
  });

  it.each<[string, (app: FastifyInstance) => void]>([
    [
      'a handler that throws',
      (app) =>
        app.get('/', () => {
          throw new Error('x');
        }),
    ],
    [
      'a handler that rejects',
      (app) =>
        app.get('/', async () => {
          throw new Error('x');
        }),
    ],
    [
      'a handler that sends an error',
      (app) =>
        app.get('/', (_, reply) => {
          void reply.send(new Error('x'));
        }),
    ],
    [
      'what is no error',
      (app) =>
        app.get('/', async () => {
          throw 'x';
        }),
    ],
    [
      'a hook',
      (app) => {
        app.addHook('onRequest', async () => {
          throw new Error('x');
        });
        app.get('/', async () => 'never');
      },
    ],
    [
      'a serializer',
      (app) =>
        app.get('/', async (_, reply) =>
          reply
            .serializer(() => {
              throw new Error('x');
            })
            .send({}),
        ),
    ],
    [
      'a handler, answered by an error handler of the application',
      (app) => {
        app.setErrorHandler(async (_error, _request, reply) => reply.status(502).send({ own: 'answer' }));
        app.get('/', async () => {
          throw new Error('x');
        });
      },
    ],
    [
      'no error, by an error handler of the application',
      (app) => {
        app.setErrorHandler(async (_error, _request, reply) => reply.status(502).send({ own: 'answer' }));
        app.get('/', async () => {
          throw 'x';
        });
      },
    ],
  ])('reports once the error of %s', async (_, define) => {
    await using server = await appWith(define);
    expect((await server.app.inject('/')).statusCode).toBeGreaterThanOrEqual(500);
    expect(server.reported()).toEqual(['1 x']);
  });

  it.each<[string, (app: FastifyInstance) => void]>([
    [
      'an error with a status below 500',
      (app) =>
        app.get('/', async () => {
          throw Object.assign(new Error('x'), { statusCode: 404 });
        }),
    ],
    [
      'an error that the application answers below 500',
      (app) => {
        app.setErrorHandler(async (_error, _request, reply) => reply.status(409).send({ own: 'answer' }));
        app.get('/', async () => {
          throw new Error('x');
        });
      },
    ],
    [
      'a request that does not validate',
      (app) =>
        app.get('/', { schema: { querystring: { type: 'object', required: ['q'] } } }, async () => 'never'),
    ],
    ['a route that does not exist', () => undefined],
  ])('does not report %s', async (_, define) => {
    await using server = await appWith(define);
    expect((await server.app.inject('/')).statusCode).toBeLessThan(500);
    expect(server.reported()).toEqual([]);
  });

  it.each(['the handler', 'the error handler'])(
    'reports the error of a client that has gone during %s',
    async (when) => {
      const gone = (request: FastifyRequest): Promise<unknown> => once(request.raw.socket, 'close');
      await using server = await appWith((app) => {
        app.setErrorHandler(async (_error, request, reply) => {
          if (when === 'the error handler') await gone(request);
          return reply.status(502).send({ own: 'answer' });
        });
        app.get('/', async (request) => {
          if (when === 'the handler') await gone(request);
          throw new Error('x');
        });
      });
      const origin = await server.app.listen({ port: 0, host: '127.0.0.1' });
      const abort = new AbortController();
      server.app.server.once('request', () => setImmediate(() => abort.abort()));
      await expect(fetch(origin, { signal: abort.signal })).rejects.toThrow();
      await waitFor(() => server.reported().length > 0);
      expect(server.reported()).toEqual(['1 x']);
    },
  );

  it('keeps two applications of one process apart', async () => {
    const fail = (app: FastifyInstance): void => {
      app.get('/', async () => {
        throw new Error('x');
      });
    };
    await using one = await appWith(fail);
    await using other = await appWith(fail);
    await one.app.inject('/');
    expect([one.reported(), other.reported()]).toEqual([['1 x'], []]);
  });
});
