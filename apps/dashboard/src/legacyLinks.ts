import { keyToSegment } from './exceptions/keySegment.ts';

/**
 * The path of this dashboard for the hash of an old Periskop link: `#/targets`, `#/:service`, and
 * `#/:service/errors/:key`. Null for any other hash.
 */
export function periskopPath(hash: string): string | null {
  const match = /^\/([^/?]+)(?:\/errors\/(.*))?\/?$/s.exec(hash);
  if (match === null) return null;
  const [, service, key] = match;
  if (key === undefined)
    return service === 'targets' ? '/targets' : `/services/${segment(decoded(service!))}`;
  return `/exceptions/${segment(decoded(service!))}/${segment(keyToSegment(decoded(key)))}`;
}

function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
