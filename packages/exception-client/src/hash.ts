/**
 * 64 bits of hash as 16 hexadecimal digits: two FNV-1a lanes over UTF-16 units with different multipliers, each
 * mixed once more at the end. For grouping, not for security.
 */
export function hash64(text: string): string {
  return lane(text, 0x01000193) + lane(text, 0x85ebca6b);
}

function lane(text: string, multiplier: number): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), multiplier);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return ((hash ^ (hash >>> 15)) >>> 0).toString(16).padStart(8, '0');
}
