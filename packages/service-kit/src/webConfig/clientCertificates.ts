import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Which client certificates a TLS listener asks for and accepts, in Go's terms. */
export interface ClientCertificatePolicy {
  readonly type:
    | 'NoClientCert'
    | 'RequestClientCert'
    | 'RequireAnyClientCert'
    | 'VerifyClientCertIfGiven'
    | 'RequireAndVerifyClientCert';
  /** One of these must be a subject alternative name of the certificate; empty: any will do. */
  readonly allowedSans: readonly string[];
}

/** True when the connection may go on, by the certificate its client sent or did not send. */
export function admitsClient(policy: ClientCertificatePolicy, socket: TLSSocket): boolean {
  const { type, allowedSans } = policy;
  if (type === 'NoClientCert' || type === 'RequestClientCert') return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return type === 'VerifyClientCertIfGiven';
  if (type !== 'RequireAnyClientCert' && !socket.authorized) return false;
  if (allowedSans.length === 0) return true;
  const names = new Set(alternativeNames(certificate.subjectAltName ?? ''));
  return allowedSans.some((allowed) => names.has(canonicalAddress(allowed)));
}

/** The names in Node's text of a certificate's alternative names, which quotes unusual ones as JSON. */
export function alternativeNames(text: string): string[] {
  const entries = text.matchAll(/(?:^|, )(DNS|email|URI|IP Address):("(?:[^"\\]|\\.)*"|[^,"]*)/g);
  return [...entries].map(([, kind, quoted = '']) => {
    const name = quoted.startsWith('"') ? (JSON.parse(quoted) as string) : quoted;
    return kind === 'IP Address' ? canonicalAddress(name) : name;
  });
}

function canonicalAddress(text: string): string {
  return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname : text;
}
