import { createHash, createHmac } from 'node:crypto';

/** An access key, and for a limited time where it says so. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number;
}

/** A request before it is signed. The path and the query are not changed on the way. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Names in lower case. All of them are signed, with `host` and `x-amz-date`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of the signed request, by AWS Signature Version 4 with the signature in the Authorization header. For
 * services that normalise paths; S3, which does not, is not among them.
 */
export function signRequest(
  request: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, nowMs }: SigningScope,
): Record<string, string> {
  const date = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = date.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': date,
    ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}),
  };
  const signed = Object.entries({ ...headers, host: request.url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    request.url.pathname.split('/').map(encode).join('/'),
    canonicalQuery(request.url),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = ['aws4_request', service, region, day].reduceRight<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  const signature = hmac(key, [ALGORITHM, date, scope, sha256(canonical)].join('\n')).toString('hex');
  headers['authorization'] =
    `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Everything but letters, digits and `-._~` in percent form. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
