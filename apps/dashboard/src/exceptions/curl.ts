import type { HttpContext } from '../api/types.ts';
import { isSecretName, REDACTED, redactBody, redactUrl } from './redact.ts';

/** Headers that belong to the connection of the original request; curl writes its own. */
const CONNECTION_HEADERS = new Set([
  'content-length',
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * A curl command that sends the request again. Everything comes from a client and is quoted for a POSIX shell, so a
 * hostile URL, header or body cannot run anything when it is pasted. Secrets are replaced unless `withSecrets`.
 */
export function curlCommand(http: HttpContext, { withSecrets = false } = {}): string {
  const parts = ['curl --globoff'];
  const method = /^[A-Za-z]{1,20}$/.test(http.method) ? http.method.toUpperCase() : 'GET';
  if (method === 'HEAD') parts.push('--head');
  else if (method !== 'GET' || http.body !== null) parts.push(`--request ${method}`);
  const url = absoluteUrl(http);
  parts.push(`--url ${shellQuote(withSecrets ? url : redactUrl(url))}`);

  for (const [rawName, rawValue] of Object.entries(http.headers ?? {})) {
    const name = plainHeaderName(rawName);
    if (name.toLowerCase() === 'host' && url !== http.url) continue;
    if (!HEADER_NAME.test(name) || CONNECTION_HEADERS.has(name.toLowerCase())) continue;
    const value =
      withSecrets || !isSecretName(name) ? rawValue.replaceAll(/[\r\n\0]+/g, ' ').trim() : REDACTED;
    if (name.toLowerCase() === 'accept-encoding') parts.push('--compressed');
    else parts.push(`--header ${shellQuote(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (http.body !== null && http.body !== '') {
    parts.push(`--data-raw ${shellQuote(withSecrets ? http.body : redactBody(http.body))}`);
  }
  return parts.join(' \\\n  ');
}

/**
 * One word of a POSIX shell. Text with control characters, which a terminal could act on when pasted, is written with
 * escapes in the `$'...'` form that bash, zsh, ksh and POSIX 2024 know. NUL, which no argument can hold, is left out.
 */
export function shellQuote(text: string): string {
  const clean = text.replaceAll('\0', '');
  // eslint-disable-next-line no-control-regex
  if (!/[\u0001-\u0008\u000b-\u001f\u007f-\u009f]/.test(clean))
    return `'${clean.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = clean
    .replaceAll(/[\\']/g, String.raw`\$&`)
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0001-\u001f\u007f-\u009f]/g, (character) => utf8Escapes(character));
  return `$'${escaped}'`;
}

function utf8Escapes(character: string): string {
  // Three octal digits end by themselves, whatever follows.
  return Array.from(
    new TextEncoder().encode(character),
    (byte) => `\\${byte.toString(8).padStart(3, '0')}`,
  ).join('');
}

/** Servers see a path; the host that it was sent to stands in a header. */
function absoluteUrl({ url, headers }: HttpContext): string {
  if (!url.startsWith('/')) return url;
  const header = (wanted: string): string | undefined =>
    Object.entries(headers ?? {}).find(([name]) => plainHeaderName(name).toLowerCase() === wanted)?.[1];
  const host = header('host');
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return url;
  return `${header('x-forwarded-proto') === 'https' ? 'https' : 'http'}://${host}${url}`;
}

/** Rack spells headers `HTTP_ACCEPT_LANGUAGE`. */
function plainHeaderName(name: string): string {
  if (!/^HTTP_[A-Z0-9_]+$/.test(name)) return name;
  return name
    .slice(5)
    .toLowerCase()
    .replaceAll(
      /(?:^|_)([a-z0-9])/g,
      (match, letter: string) => (match.startsWith('_') ? '-' : '') + letter.toUpperCase(),
    );
}
