import { gzip } from 'node:zlib';
import type { ServiceApp } from '@binnacle/service-kit';

const MIN_BYTES = 1024;
const MAX_ONE_WRITE_BYTES = 16 * 1024;

/**
 * Compresses what is worth it for clients that take gzip. A small answer in JSON becomes a string otherwise: Node
 * writes a string and the headers before it to the socket in one piece, and a buffer in four.
 */
export function useCompression(scope: ServiceApp): void {
  scope.addHook('onSend', (request, reply, payload, done) => {
    const isText = typeof payload === 'string';
    if (!isText && !Buffer.isBuffer(payload)) return done(null, payload);
    reply.header('vary', 'accept-encoding');
    if (payload.length >= MIN_BYTES && acceptsGzip(request.headers['accept-encoding'])) {
      reply.header('content-encoding', 'gzip').removeHeader('content-length');
      return gzip(payload, { level: 1 }, done);
    }
    const isSmall = payload.length <= MAX_ONE_WRITE_BYTES;
    const becomesText = !isText && isSmall && reply.getHeader('content-type') === 'application/json';
    done(null, becomesText ? payload.toString() : payload);
  });
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  return String(header)
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
