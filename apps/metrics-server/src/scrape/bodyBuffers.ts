import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { readBody, type HttpResponse } from '@binnacle/service-discovery';
import { MetricsServerError } from '../errors.ts';

/** More than that is not kept for a next scrape. */
const MAX_KEPT = 64;
const FIRST_CAPACITY = 16 * 1024;

/**
 * Memory for the bodies of scrapes, used again and again: bodies of a size that comes up every few seconds would
 * otherwise keep the collector of garbage busy.
 */
export class BodyBuffers {
  readonly #free: Buffer[] = [];

  /** A buffer of at least `size` bytes. Its content is of no meaning. */
  take(size: number): Buffer {
    const at = this.#free.findIndex(({ length }) => length >= size && length <= 2 * size);
    return at < 0 ? Buffer.allocUnsafeSlow(size) : this.#free.splice(at, 1)[0]!;
  }

  /** Gives back what nobody reads any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < MAX_KEPT) this.#free.push(buffer);
  }
}

/** A body at the beginning of a buffer that is to be given back. */
export interface BufferedBody {
  readonly buffer: Buffer;
  readonly length: number;
}

/**
 * Reads a whole body, plain or by gzip, up to `limitBytes` after decompression. Throws METRICS_SCRAPE_LIMIT, and what
 * the stream fails with.
 */
export async function readInto(
  response: Pick<HttpResponse, 'headers' | 'body'>,
  limitBytes: number,
  buffers: BodyBuffers,
  expectedBytes: number,
): Promise<BufferedBody> {
  const encoding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') {
    const announced = Number(response.headers['content-length']);
    const capacity = announced >= 0 ? Math.min(announced, limitBytes) : expectedBytes;
    return collect(response.body, response.body, limitBytes, buffers, capacity);
  }
  if (encoding === 'gzip' || encoding === 'x-gzip') {
    const gunzip = createGunzip();
    response.body.on('error', (error) => gunzip.destroy(error));
    return collect(response.body.pipe(gunzip), response.body, limitBytes, buffers, expectedBytes);
  }
  // Asked for neither, and refuses what it does not know.
  const body = await readBody(response, limitBytes);
  return { buffer: body, length: body.length };
}

function collect(
  stream: Readable,
  source: Readable,
  limitBytes: number,
  buffers: BodyBuffers,
  capacity: number,
): Promise<BufferedBody> {
  return new Promise((resolve, reject) => {
    let buffer = buffers.take(Math.max(FIRST_CAPACITY, capacity));
    let length = 0;
    const fail = (error: unknown): void => {
      stream.off('data', add);
      stream.destroy();
      source.destroy();
      buffers.give(buffer);
      reject(error as Error);
    };
    const add = (chunk: Buffer): void => {
      const needed = length + chunk.length;
      if (needed > limitBytes) {
        const message = `body size limit exceeded: expected a body of at most ${limitBytes} bytes, found more`;
        fail(new MetricsServerError('METRICS_SCRAPE_LIMIT', message));
        return;
      }
      if (needed > buffer.length) {
        const larger = buffers.take(Math.max(needed, Math.ceil(1.5 * buffer.length)));
        buffer.copy(larger, 0, 0, length);
        buffers.give(buffer);
        buffer = larger;
      }
      chunk.copy(buffer, length);
      length = needed;
    };
    stream.on('data', add);
    stream.once('error', fail);
    stream.once('end', () => {
      stream.off('error', fail);
      // What comes too late concerns nobody.
      stream.on('error', () => undefined);
      resolve({ buffer, length });
    });
  });
}
