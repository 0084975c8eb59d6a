import type { Readable } from 'node:stream';
import { DiscoveryError } from '../../errors.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** The values of a stream of JSON, one a line. Throws DiscoveryError with SD_BAD_RESPONSE. */
export async function* jsonLines(body: Readable): AsyncGenerator<unknown, void, undefined> {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      sizeBytes = 0;
      start = end + 1;
      if (line.trim() !== '') yield parseLine(line);
    }
    parts.push(chunk.subarray(start));
    sizeBytes += chunk.length - start;
    if (sizeBytes > MAX_LINE_BYTES) {
      throw new DiscoveryError(
        'SD_BAD_RESPONSE',
        `expected lines of at most ${MAX_LINE_BYTES} bytes, found a longer one`,
      );
    }
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new DiscoveryError(
      'SD_BAD_RESPONSE',
      `expected JSON, found ${JSON.stringify(line.slice(0, 100))}`,
      {
        cause: error,
      },
    );
  }
}
