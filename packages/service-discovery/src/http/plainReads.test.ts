import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createHttpClient } from './httpClient.ts';

const SIZE = 3_000_000;

/** Bytes that are different for each number. */
function bodyOf(number: number): Buffer {
  const body = Buffer.allocUnsafe(SIZE);
  for (let i = 0; i < SIZE; i++) body[i] = (i * 31 + (i >> 8) * 17 + number * 101) & 255;
  return body;
}

const hash = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

it('bodies that come at the same time are kept apart, also when their readers are slow', async () => {
  const server = createServer(async (request, response) => {
    const body = bodyOf(Number(request.url!.slice(1)));
    for (let at = 0, size = 1; at < SIZE; at += size, size = ((size * 7) % 100_003) + 1) {
      response.write(body.subarray(at, at + size));
      if (size % 3 === 0) await turn();
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createHttpClient({});
  try {
    const { port } = server.address() as AddressInfo;
    const numbers = [1, 2, 3, 4, 5];
    const found = await Promise.all(
      numbers.map(async (number) => {
        const { body } = await client.request(`http://127.0.0.1:${port}/${number}`);
        const chunks: Buffer[] = [];
        for await (const chunk of body) {
          chunks.push(chunk as Buffer);
          if (number > 2) await turn();
        }
        return hash(Buffer.concat(chunks));
      }),
    );
    expect(found).toEqual(numbers.map((number) => hash(bodyOf(number))));
  } finally {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
