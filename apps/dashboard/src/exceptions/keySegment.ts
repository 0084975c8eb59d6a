/**
 * A grouping key as one segment of a path. Keys are opaque: the empty key, `.` and `..`, which browsers take out of a
 * path, and keys that begin with `~` are written `~` + base64url; every other key is itself.
 */
export function keyToSegment(key: string): string {
  if (key !== '' && key !== '.' && key !== '..' && !key.startsWith('~')) return key;
  const binary = Array.from(new TextEncoder().encode(key), (byte) => String.fromCharCode(byte)).join('');
  return `~${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** The key of a path segment that is already percent-decoded. */
export function segmentToKey(segment: string): string {
  if (!segment.startsWith('~')) return segment;
  try {
    const binary = atob(segment.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return segment;
  }
}
