import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { BodyBuffers, readInto } from './bodyBuffers.ts';

const text = (length: number, fill: string): Buffer => Buffer.alloc(length, fill);

function response(chunks: readonly Buffer[], headers: Record<string, string> = {}) {
  return { headers, body: Readable.from(chunks) };
}

it.each([
  ['plain, its length announced', (body: Buffer) => [body], { 'content-length': '100000' }],
  ['plain, in pieces', (body: Buffer) => [body.subarray(0, 10), body.subarray(10)], {}],
  ['plain, announced too short', (body: Buffer) => [body], { 'content-length': '5' }],
  ['by gzip', (body: Buffer) => [gzipSync(body)], { 'content-encoding': 'gzip' }],
])('reads a body that comes %s', async (_, send, headers) => {
  const sent = text(100_000, 'abcdefg');
  const { buffer, length } = await readInto(response(send(sent), headers), 1e6, new BodyBuffers(), 0);
  expect(buffer.subarray(0, length).equals(sent)).toBe(true);
});

it('uses again what was given back, if its size fits', async () => {
  const buffers = new BodyBuffers();
  const first = await readInto(response([text(50_000, 'a')]), 1e6, buffers, 50_000);
  buffers.give(first.buffer);
  const second = await readInto(response([text(40_000, 'b')]), 1e6, buffers, 40_000);
  expect(second.buffer).toBe(first.buffer);
  expect(second.buffer.subarray(0, second.length).equals(text(40_000, 'b'))).toBe(true);
  const third = await readInto(response([text(40_000, 'c')]), 1e6, buffers, 40_000);
  expect(third.buffer).not.toBe(second.buffer);
  buffers.give(third.buffer);
  expect(buffers.take(1_000_000).length).toBe(1_000_000);
});

it('refuses more than the limit, also when it is compressed, and gives the memory back', async () => {
  const buffers = new BodyBuffers();
  const large = text(1_000_000, 'a');
  for (const [chunks, headers] of [
    [[large], {}],
    [[gzipSync(large)], { 'content-encoding': 'gzip' }],
  ] as const) {
    await expect(readInto(response(chunks, headers), 20_000, buffers, 0)).rejects.toThrow(
      'body size limit exceeded: expected a body of at most 20000 bytes, found more',
    );
  }
  const kept = buffers.take(16 * 1024);
  expect(buffers.take(16 * 1024)).not.toBe(kept);
});

it('fails as the connection does, and for gzip that is cut or is none', async () => {
  const buffers = new BodyBuffers();
  const broken = new Readable({ read() {} });
  const reading = readInto({ headers: {}, body: broken }, 1e6, buffers, 0);
  broken.push(text(10, 'a'));
  broken.destroy(new Error('cut'));
  await expect(reading).rejects.toThrow('cut');
  const gzip = { 'content-encoding': 'gzip' };
  const cut = gzipSync(text(1000, 'abc')).subarray(0, 20);
  await expect(readInto(response([cut], gzip), 1e6, buffers, 0)).rejects.toThrow('unexpected end of file');
  await expect(readInto(response([text(10, 'a')], gzip), 1e6, buffers, 0)).rejects.toThrow(
    'incorrect header',
  );
  await expect(
    readInto(response([text(10, 'a')], { 'content-encoding': 'zstd' }), 1e6, buffers, 0),
  ).rejects.toThrow(/found zstd/);
});
