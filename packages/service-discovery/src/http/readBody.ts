import { createBrotliDecompress, createGunzip, createInflate, type Gunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { DiscoveryError } from '../errors.ts';
import type { HttpResponse } from './httpClient.ts';

/**
 * Reads a whole body, decompressed by its Content-Encoding (gzip, deflate, br), up to `limitBytes` after
 * decompression. Throws DiscoveryError with HTTP_BODY_TOO_LARGE or HTTP_BAD_ENCODING; the connection is then cut.
 */
export async function readBody(
  response: Pick<HttpResponse, 'headers' | 'body'>,
  limitBytes: number,
): Promise<Buffer> {
  const decoder = decoderOf(response);
  if (decoder === undefined) return collect(response.body, limitBytes);
  let whole: Buffer = Buffer.alloc(0);
  await pipeline(response.body, decoder, async (decoded: AsyncIterable<Buffer>) => {
    whole = await collect(decoded, limitBytes);
  });
  return whole;
}

function decoderOf({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): Gunzip | undefined {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  switch (encoding) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      body.on('error', () => undefined).destroy();
      throw new DiscoveryError(
        'HTTP_BAD_ENCODING',
        `expected a body that is plain or encoded as gzip, deflate or br, found ${encoding}`,
      );
  }
}

/** Leaving the loop early destroys the stream. */
async function collect(body: AsyncIterable<Buffer>, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw new DiscoveryError(
        'HTTP_BODY_TOO_LARGE',
        `expected a body of at most ${limitBytes} bytes, found more`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}
