import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who signed a request to AWS, and for which service. */
export interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const MAX_AGE_MS = 15 * 60_000;

/**
 * Checks the signature of a request as it arrived, as AWS does. A text is the reason for a refusal. `secretOf` knows the
 * secret and the session token of an access key.
 */
export function checkSignature(
  request: IncomingMessage,
  body: string,
  secretOf: (accessKeyId: string) => { readonly secret: string; readonly token: string } | undefined,
  nowMs: number,
): Signer | string {
  const header = request.headers.authorization ?? '';
  const found =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})$/.exec(
      header,
    );
  if (found === null) return 'MissingAuthenticationToken';
  const [, accessKeyId, day, region, service, names, signature] = found as unknown as string[];
  const key = secretOf(accessKeyId!);
  if (key === undefined) return 'AuthFailure';
  if ((request.headers['x-amz-security-token'] ?? '') !== key.token) return 'AuthFailure';
  const date = String(request.headers['x-amz-date']);
  const sentMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!date.startsWith(day!) || !(Math.abs(sentMs - nowMs) <= MAX_AGE_MS)) return 'RequestExpired';
  const signedNames = names!.split(';');
  for (const needed of ['host', 'x-amz-date', ...(key.token === '' ? [] : ['x-amz-security-token'])]) {
    if (!signedNames.includes(needed)) return 'SignatureDoesNotMatch';
  }
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const mac = (secret: Buffer | string, text: string): Buffer =>
    createHmac('sha256', secret).update(text).digest();
  const headerLines = signedNames.map((name) => `${name}:${String(request.headers[name])}\n`).join('');
  const canonical = `${request.method}\n${request.url}\n\n${headerLines}\n${names}\n${hash(body)}`;
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/${service}/aws4_request\n${hash(canonical)}`;
  const signingKey = mac(mac(mac(mac(`AWS4${key.secret}`, day!), region!), service!), 'aws4_request');
  if (mac(signingKey, toSign).toString('hex') !== signature) return 'SignatureDoesNotMatch';
  return { accessKeyId: accessKeyId!, region: region!, service: service! };
}
