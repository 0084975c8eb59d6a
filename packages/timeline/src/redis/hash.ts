import type { Bytes } from '../contract.ts';

/** Hashes that place a key on one of the instances of a cluster, by the names Roshi's flag has for them. */
export type HashName = 'murmur3' | 'fnv' | 'fnva';

/** Each hash: bytes to an unsigned 32-bit number. */
export const HASHES: Readonly<Record<HashName, (key: Bytes) => number>> = { murmur3, fnv, fnva };

/** MurmurHash3 x86 32-bit with seed 0. */
function murmur3(key: Bytes): number {
  const { length } = key;
  const whole = length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    const block =
      byte(key, i) | (byte(key, i + 1) << 8) | (byte(key, i + 2) << 16) | (byte(key, i + 3) << 24);
    hash ^= scramble(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | byte(key, i);
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** FNV-1, 32 bits. */
function fnv(key: Bytes): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash, 0x01000193) ^ byte(key, i);
  return hash >>> 0;
}

/** FNV-1a, 32 bits. */
function fnva(key: Bytes): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ byte(key, i), 0x01000193);
  return hash >>> 0;
}

function byte(key: Bytes, index: number): number {
  return key.charCodeAt(index);
}
