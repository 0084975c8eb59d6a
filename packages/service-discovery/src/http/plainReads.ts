import type { OnReadOpts, Socket } from 'node:net';

const READ_BYTES = 64 * 1024;

/**
 * How plain sockets read: all into one buffer, of which each keeps a copy of what came for it. Otherwise every read,
 * however little it brings, takes 64 KiB of memory for as long as the collector of garbage takes to look at it, and at
 * hundreds of answers a second it is that which keeps the collector busy. Not on Windows, where a read has its buffer
 * before there is anything to read.
 */
export const PLAIN_READS: { readonly onread?: OnReadOpts } =
  process.platform === 'win32'
    ? {}
    : { onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: pushCopy } };

/** False stops reading until the stream is read from again. */
function pushCopy(this: Socket | void, length: number, buffer: Uint8Array): boolean {
  return (this as Socket).push(Buffer.from(buffer.subarray(0, length)));
}
