import { DiscoveryError, networkReason, readBody, type HttpClient } from '@binnacle/service-discovery';
import { ExceptionServerError } from '../errors.ts';

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly bodyBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Reads what a target exports, as bytes. Only status 200 counts; the Content-Type says nothing. Throws
 * ExceptionServerError with what a person needs to know.
 */
export async function fetchPayload(client: HttpClient, url: string, options: FetchOptions): Promise<Buffer> {
  const { timeoutMs, bodyBytes, signal } = options;
  try {
    const response = await client.request(url, {
      headers: { accept: 'application/json', 'accept-encoding': 'gzip' },
      timeoutMs,
      signal,
    });
    response.body.on('error', () => undefined); // whoever reads it gets the error; a body that is dropped has no reader
    if (response.statusCode !== 200) {
      response.body.destroy();
      throw new ExceptionServerError(
        'EXCEPTIONS_BAD_STATUS',
        `answered ${response.statusCode}; only 200 counts`,
      );
    }
    return await readBody(response, bodyBytes);
  } catch (error) {
    throw describe(error, timeoutMs, bodyBytes);
  }
}

function describe(error: unknown, timeoutMs: number, bodyBytes: number): ExceptionServerError {
  if (error instanceof ExceptionServerError) return error;
  const options = { cause: error };
  if (isTimeout(error)) {
    return new ExceptionServerError('EXCEPTIONS_TIMEOUT', `no whole answer within ${timeoutMs} ms`, options);
  }
  if (error instanceof DiscoveryError && error.code === 'HTTP_BODY_TOO_LARGE') {
    const message = `the body is larger than ${bodyBytes} bytes; raise limits.body_size to read it`;
    return new ExceptionServerError('EXCEPTIONS_PAYLOAD_TOO_LARGE', message, options);
  }
  return new ExceptionServerError(
    'EXCEPTIONS_UNREACHABLE',
    `cannot read it: ${networkReason(error)}`,
    options,
  );
}

const TIMEOUTS = new Set(['TimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError', 'ConnectTimeoutError']);

function isTimeout(error: unknown): boolean {
  return error instanceof Error && TIMEOUTS.has(error.name);
}
