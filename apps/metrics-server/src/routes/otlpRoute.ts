import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { RemoteProtocolError } from '@binnacle/remote-protocol';
import type { ServiceApp } from '@binnacle/service-kit';
import { ApiError, messageOf } from '../errors.ts';
import type { Dependencies } from './dependencies.ts';

const MAX_DECODED_BYTES = 256 * 1024 * 1024;
const unzip = promisify(gunzip);

/** /otlp/v1/metrics: OTLP over HTTP, in protobuf or JSON. */
export function otlpRoute(app: ServiceApp, { otlp, flags }: Dependencies): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const parent = app.errorHandler;
  app.setErrorHandler((error: unknown, request, reply) => {
    const isBad = error instanceof RemoteProtocolError;
    if (!isBad && !(error instanceof ApiError)) return parent.call(app, error as never, request, reply);
    return reply.code(isBad ? 400 : error.statusCode).send({ message: error.message });
  });

  app.post('/otlp/v1/metrics', async (request, reply) => {
    if (!flags['web.enable-otlp-receiver']) {
      throw new ApiError(
        'not_found',
        'otlp write receiver needs to be enabled with --web.enable-otlp-receiver',
      );
    }
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
    if (type !== 'application/json' && type !== 'application/x-protobuf') {
      return reply
        .code(415)
        .send({ message: `expected application/x-protobuf or application/json, found ${type || 'none'}` });
    }
    const isJson = type === 'application/json';
    const body = await decoded(request.body, request.headers['content-encoding']);
    const { rejected } = otlp.write(body, isJson);
    if (!isJson) return reply.code(200).type('application/x-protobuf').send(partialSuccess(rejected));
    const partial = rejected && { rejectedDataPoints: rejected.points, errorMessage: rejected.reason };
    return reply.code(200).send(partial === undefined ? {} : { partialSuccess: partial });
  });
}

async function decoded(body: unknown, encoding: string | undefined): Promise<Uint8Array> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'gzip')
    throw new ApiError('bad_data', `expected a body in gzip or as it is, found ${encoding}`);
  try {
    return await unzip(bytes, { maxOutputLength: MAX_DECODED_BYTES });
  } catch (error) {
    throw new ApiError('bad_data', `expected gzip: ${messageOf(error)}`, { cause: error });
  }
}

/** `ExportMetricsServiceResponse`; empty when everything was taken. */
function partialSuccess(rejected: { readonly points: number; readonly reason: string } | undefined): Buffer {
  if (rejected === undefined) return Buffer.alloc(0);
  const reason = Buffer.from(rejected.reason);
  const inner = Buffer.concat([
    Buffer.from([0x08, ...varint(rejected.points), 0x12, ...varint(reason.length)]),
    reason,
  ]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(inner.length)]), inner]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
