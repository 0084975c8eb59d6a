import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ServiceApp } from '@binnacle/service-kit';

const MIN_BYTES = 1024;
const compress = promisify(gzip);

/** Compresses what is worth it for clients that take gzip. */
export function useCompression(scope: ServiceApp): void {
  scope.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    reply.header('vary', 'accept-encoding');
    if (!acceptsGzip(request.headers['accept-encoding']) || payload.length < MIN_BYTES) return payload;
    reply.header('content-encoding', 'gzip').removeHeader('content-length');
    return compress(payload, { level: 1 });
  });
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
