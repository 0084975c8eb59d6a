import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ServiceApp } from '@binnacle/service-kit';
import { deliveryOf } from '../aggregate/delivery.ts';
import { ExceptionServerError } from '../errors.ts';
import { decodePayload } from '../payload/decode.ts';
import type { Dependencies } from './dependencies.ts';
import * as schemas from './schemas.ts';

/** Exports pushed by short-lived jobs and browsers. A push is a reading like any other: pushing it again adds nothing. */
export function pushRoutes(app: ServiceApp, deps: Dependencies): void {
  void app.register(async (scope: ServiceApp) => {
    // Clients send any Content-Type, compressed or not.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);

    scope.post(
      '/api/v1/push',
      {
        schema: {
          summary: 'Push a client export',
          querystring: schemas.pushQuery,
          response: { 200: schemas.pushAnswer },
        },
      },
      async ({ query, headers, body, ip }) =>
        push(deps, body, { ...query, ip, encoding: headers['content-encoding'] ?? '' }),
    );

    // Periskop's clients push to `<address>/errors`; this makes `<server>/push/<service>` such an address.
    scope.post(
      '/push/:service/errors',
      {
        schema: {
          summary: 'Push a client export as Periskop clients do',
          params: schemas.pushParams,
          response: { 200: schemas.pushAnswer },
        },
      },
      async ({ params, headers, body, ip }) =>
        push(deps, body, { service: params.service, ip, encoding: headers['content-encoding'] ?? '' }),
    );
  });
}

interface PushRequest {
  readonly service?: string;
  readonly instance?: string;
  readonly version?: string;
  readonly ip: string;
  readonly encoding: string;
}

async function push(deps: Dependencies, body: unknown, request: PushRequest) {
  const { payloadLimits, pushEnabled } = deps.config();
  if (!pushEnabled) {
    throw new ExceptionServerError(
      'EXCEPTIONS_PUSH_DISABLED',
      'push is switched off; set push.enabled to true',
    );
  }
  const bytes = await decompress(
    Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    request.encoding,
    payloadLimits.bodyBytes,
  );
  const nowMs = deps.now();
  const payload = decodePayload(bytes.toString('utf8'), payloadLimits, nowMs);
  const { instance = '', version = '', ip } = request;
  const service = request.service ?? payload.service;
  if (service === '') {
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_REQUEST',
      'service: expected ?service=NAME, or a service in the payload',
    );
  }
  const delivery = deliveryOf(payload, {
    service,
    url: `push:${instance || ip}`,
    instance: instance || ip,
    labels: { ...(instance !== '' && { instance }), ...(version !== '' && { version }) },
    startedMs: nowMs,
    receivedMs: nowMs,
    via: 'push',
  });
  const plan = await deps.ingestor.ingest(delivery);
  let rejected = 0;
  for (const count of payload.rejections.values()) rejected += count;
  if (rejected > 0) deps.metrics.onRejections(service, payload.rejections);
  deps.metrics.onPush(service);
  return { accepted: payload.aggregates.length, added: plan.added, rejected };
}

const gunzipAsync = promisify(gunzip);

async function decompress(body: Buffer, encoding: string, limitBytes: number): Promise<Buffer> {
  if (encoding !== '' && encoding !== 'identity' && encoding !== 'gzip') {
    throw new ExceptionServerError(
      'EXCEPTIONS_UNSUPPORTED_ENCODING',
      `Content-Encoding: expected gzip or none, found ${encoding}`,
    );
  }
  const whole =
    encoding === 'gzip' ? await gunzipAsync(body, { maxOutputLength: limitBytes }).catch(badGzip) : body;
  if (whole.length <= limitBytes) return whole;
  throw tooLarge();
}

function badGzip(error: NodeJS.ErrnoException): never {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
  throw new ExceptionServerError('EXCEPTIONS_BAD_PAYLOAD', `the body is not gzip: ${error.message}`, {
    cause: error,
  });
}

function tooLarge(): ExceptionServerError {
  return new ExceptionServerError(
    'EXCEPTIONS_PAYLOAD_TOO_LARGE',
    'the payload is larger than limits.body_size allows',
  );
}
