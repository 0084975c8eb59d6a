import { ExpositionError } from '@binnacle/exposition';
import { LabelsBuilder, type Labels } from '@binnacle/model';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { Dependencies } from './dependencies.ts';

const BASE64 = '@base64';

/** The routes of Prometheus's Pushgateway: `/metrics/job/<job>{/<label>/<value>}`. Errors are plain text. */
export function pushRoutes(app: ServiceApp, { push, flags }: Dependencies): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const parent = app.errorHandler;
  app.setErrorHandler((error: unknown, request, reply) => {
    if (error instanceof ApiError) return text(reply, error.statusCode, error.message);
    if (error instanceof ExpositionError) return text(reply, 400, error.message);
    return parent.call(app, error as never, request, reply);
  });

  for (const [url, isBase64] of [
    ['/metrics/job/*', false],
    ['/metrics/job@base64/*', true],
  ] as const) {
    const groupOf = (request: FastifyRequest): Labels => groupingKey(request, isBase64);
    app.route({
      method: ['PUT', 'POST'],
      url,
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const isProtobuf = (request.headers['content-type'] ?? '').startsWith(
          'application/vnd.google.protobuf',
        );
        await push.push(groupOf(request), body, isProtobuf, request.method === 'PUT');
        return reply.code(200).send();
      },
    });
    app.delete(url, async (request, reply) => {
      await push.delete(groupOf(request));
      return reply.code(202).send();
    });
  }

  app.put('/api/v1/admin/wipe', async (_request, reply) => {
    if (!flags['web.enable-admin-api']) {
      return text(reply, 403, 'admin APIs disabled; start with --web.enable-admin-api');
    }
    await push.wipe();
    return reply.code(202).send();
  });

  app.get('/api/v1/metrics', async () => ({
    status: 'success',
    data: push.groups.list().map(({ labels, families, pushedAtMs, failedAtMs }) => ({
      labels,
      last_push_successful: pushedAtMs >= failedAtMs,
      push_time_seconds: pushedAtMs / 1000,
      push_failure_time_seconds: failedAtMs / 1000,
      ...Object.fromEntries(
        [...families].map(([name, { type, help, samples }]) => [
          name,
          {
            type: type.toUpperCase(),
            help,
            metrics: samples.map(({ labels: own, value }) => ({ labels: own, value: String(value) })),
          },
        ]),
      ),
    })),
  }));
}

/** The labels that the path says, as Pushgateway reads it: pairs, values with `@base64` behind the name encoded. */
function groupingKey(request: FastifyRequest, isJobBase64: boolean): Labels {
  // The raw path: values may have encoded slashes.
  const path = request.url.split('?', 1)[0]!;
  const from = path.indexOf('/metrics/job') + '/metrics/job'.length + (isJobBase64 ? BASE64.length : 0) + 1;
  const parts = path.slice(from).replace(/\/$/, '').split('/').map(decoded);
  const job = isJobBase64 ? base64(parts[0] ?? '') : (parts[0] ?? '');
  if (job === '') throw new ApiError('bad_data', 'job name is required');
  if (parts.length % 2 === 0) {
    throw new ApiError('bad_data', `expected pairs of label names and values, found ${path.slice(from)}`);
  }
  const builder = new LabelsBuilder().set('job', job);
  for (let i = 1; i < parts.length; i += 2) {
    const isEncoded = parts[i]!.endsWith(BASE64);
    const name = isEncoded ? parts[i]!.slice(0, -BASE64.length) : parts[i]!;
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__')) {
      throw new ApiError('bad_data', `improper label name ${JSON.stringify(name)}`);
    }
    builder.set(name, isEncoded ? base64(parts[i + 1]!) : parts[i + 1]!);
  }
  return builder.build();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError('bad_data', `expected percent-encoded UTF-8 in the path, found ${part}`);
  }
}

/** URL-safe base64; a single `=` stands for the empty text. */
function base64(part: string): string {
  return Buffer.from(part, 'base64url').toString('utf8');
}

function text(reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  return reply.code(statusCode).type('text/plain; charset=utf-8').send(`${message}\n`);
}
