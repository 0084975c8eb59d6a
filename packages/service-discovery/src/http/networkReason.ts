/**
 * Why a request got no answer, in words that say what to look at; the system's code stands behind, for a search.
 * Anything that is not a failure of the network keeps its own message.
 */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Both families of addresses were tried; the first that failed speaks for them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '', message, address, port, hostname, name } = first as NetworkError;
  const words = WORDS[code];
  if (words === undefined) return message || code || name;
  const place =
    address === undefined ? (hostname ?? '') : `${address}${port === undefined ? '' : `:${port}`}`;
  return `${words}${place === '' ? '' : `: ${place}`} (${code})`;
}

interface NetworkError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'connection reset by the other side',
  EPIPE: 'connection closed by the other side',
  UND_ERR_SOCKET: 'connection closed by the other side',
  ETIMEDOUT: 'no answer to a connection',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to network',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
};
