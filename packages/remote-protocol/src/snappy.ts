import { RemoteProtocolError } from './errors.ts';

/**
 * Decompresses a snappy block (https://github.com/google/snappy/blob/main/format_description.txt). `maxBytes` bounds
 * what it may expand to. Throws RemoteProtocolError.
 */
export function decompress(input: Uint8Array, maxBytes: number): Uint8Array {
  let position = 0;
  let expected = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = input[position++];
    if (byte === undefined || shift > 28) throw bad('it does not begin with a length');
    expected += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (expected > maxBytes) {
    throw new RemoteProtocolError(
      'REMOTE_TOO_LARGE',
      `expected at most ${maxBytes} bytes after decompression, found ${expected}`,
    );
  }
  // Bytes beyond the input's reach cannot be announced honestly: a copy of 64 bytes takes three.
  if (expected > 64 * input.length) throw bad(`${input.length} bytes cannot become ${expected}`);

  const output = new Uint8Array(expected);
  let written = 0;
  while (position < input.length) {
    const tag = input[position++]!;
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const extra = length - 60;
        if (position + extra > input.length) throw bad('a literal has no length');
        length = littleEndian(input, position, extra) + 1;
        position += extra;
      }
      if (position + length > input.length || written + length > expected) throw bad('a literal is cut');
      if (length <= 16) {
        for (let i = 0; i < length; i++) output[written + i] = input[position + i]!;
      } else {
        output.set(input.subarray(position, position + length), written);
      }
      position += length;
      written += length;
      continue;
    }
    let length: number;
    let offset: number;
    if ((tag & 3) === 1) {
      length = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | (input[position] ?? 0);
      position += 1;
    } else {
      const size = (tag & 3) === 2 ? 2 : 4;
      length = (tag >> 2) + 1;
      offset = littleEndian(input, position, size);
      position += size;
    }
    if (position > input.length || offset === 0 || offset > written || written + length > expected) {
      throw bad('a copy points outside of what was written');
    }
    if (offset >= length && length > 16) {
      output.copyWithin(written, written - offset, written - offset + length);
    } else {
      for (let i = 0; i < length; i++) output[written + i] = output[written + i - offset]!;
    }
    written += length;
  }
  if (written !== expected) throw bad(`it announced ${expected} bytes and holds ${written}`);
  return output;
}

const HASH_BITS = 14;
const MIN_MATCH = 4;
const MAX_BLOCK = 65_536;

/** Compresses into a snappy block: one pass over blocks of 64 KiB with a table of the last position of each 4 bytes. */
export function compress(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(32 + input.length + Math.ceil(input.length / 6));
  let at = writeLength(output, input.length);
  const table = new Uint16Array(1 << HASH_BITS);
  for (let start = 0; start < input.length; start += MAX_BLOCK) {
    const end = Math.min(start + MAX_BLOCK, input.length);
    table.fill(0);
    at = compressBlock(input, start, end, output, at, table);
  }
  return output.subarray(0, at);
}

function compressBlock(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  outputStart: number,
  table: Uint16Array,
): number {
  let at = outputStart;
  let literalStart = start;
  let position = start + 1;
  const limit = end - MIN_MATCH;
  let misses = 0;
  while (position <= limit) {
    const word = word32(input, position);
    const slot = (Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)) | 0;
    const candidate = start + table[slot]!;
    table[slot] = position - start;
    if (candidate >= position || word32(input, candidate) !== word) {
      // The longer nothing matches, the larger the steps: incompressible input costs little.
      position += 1 + (misses++ >> 5);
      continue;
    }
    misses = 0;
    let length = MIN_MATCH;
    while (position + length < end && input[candidate + length] === input[position + length]) length++;
    at = writeLiteral(input, literalStart, position, output, at);
    at = writeCopy(output, at, position - candidate, length);
    position += length;
    literalStart = position;
  }
  return writeLiteral(input, literalStart, end, output, at);
}

function writeLength(output: Uint8Array, length: number): number {
  let at = 0;
  let rest = length;
  while (rest >= 0x80) {
    output[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  output[at++] = rest;
  return at;
}

function writeLiteral(
  input: Uint8Array,
  from: number,
  to: number,
  output: Uint8Array,
  start: number,
): number {
  const length = to - from;
  if (length === 0) return start;
  let at = start;
  const last = length - 1;
  if (last < 60) {
    output[at++] = last << 2;
  } else if (last < 256) {
    output[at++] = 60 << 2;
    output[at++] = last;
  } else {
    output[at++] = 61 << 2;
    output[at++] = last & 0xff;
    output[at++] = last >> 8;
  }
  output.set(input.subarray(from, to), at);
  return at + length;
}

function writeCopy(output: Uint8Array, start: number, offset: number, total: number): number {
  let at = start;
  let length = total;
  while (length > 0) {
    // A tail shorter than four bytes has no short form, so the piece before it gives some up.
    const piece = length > 64 ? (length < 68 ? 60 : 64) : length;
    if (piece >= 4 && piece < 12 && offset < 2048) {
      output[at++] = 1 | ((piece - 4) << 2) | ((offset >> 8) << 5);
      output[at++] = offset & 0xff;
    } else {
      output[at++] = 2 | ((piece - 1) << 2);
      output[at++] = offset & 0xff;
      output[at++] = offset >> 8;
    }
    length -= piece;
  }
  return at;
}

function word32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function bad(what: string): RemoteProtocolError {
  return new RemoteProtocolError('REMOTE_BAD_SNAPPY', `expected a snappy block, found that ${what}`);
}
