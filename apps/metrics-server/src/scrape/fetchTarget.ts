import { STATUS_CODES } from 'node:http';
import { acceptHeader, formatOf, type ScrapeProtocol } from '@binnacle/exposition';
import { networkReason, type HttpClient, type Target } from '@binnacle/service-discovery';
import type { ScrapeConfig } from '../config/serverConfig.ts';
import { MetricsServerError } from '../errors.ts';
import { readInto, type BodyBuffers, type BufferedBody } from './bodyBuffers.ts';

/** No body is read beyond this, whatever `body_size_limit` says. */
const MAX_BODY_BYTES = 1 << 30;

export interface FetchedBody extends BufferedBody {
  readonly protocol: ScrapeProtocol;
}

/**
 * Asks a target for its metrics. The body's buffer is of `buffers`; `expectedBytes` is a guess of its size. Throws with a
 * text for `/targets`.
 */
export async function fetchTarget(
  target: Target,
  config: ScrapeConfig,
  client: HttpClient,
  timeoutMs: number,
  signal: AbortSignal,
  buffers: BodyBuffers,
  expectedBytes: number,
): Promise<FetchedBody> {
  const response = await client
    .request(target.url, {
      headers: {
        accept: acceptHeader(config.protocols, config.escaping),
        'accept-encoding': config.enableCompression ? 'gzip' : 'identity',
        'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
      },
      timeoutMs,
      signal,
    })
    .catch((error: unknown) => {
      throw explained(error, timeoutMs);
    });
  if (response.statusCode !== 200) {
    response.body.on('error', () => undefined).destroy();
    const reason = STATUS_CODES[response.statusCode] ?? '';
    throw new MetricsServerError(
      'METRICS_SCRAPE_STATUS',
      `server returned HTTP status ${response.statusCode} ${reason}`.trimEnd(),
    );
  }
  const limit = config.bodySizeLimit === 0 ? MAX_BODY_BYTES : config.bodySizeLimit;
  const body = await readInto(response, limit, buffers, expectedBytes).catch((error: unknown) => {
    throw explained(error, timeoutMs);
  });
  return { ...body, protocol: formatOf(response.headers['content-type'], config.fallbackProtocol) };
}

function explained(error: unknown, timeoutMs: number): unknown {
  if (error instanceof MetricsServerError) return error;
  if ((error as Error).name !== 'TimeoutError') return new Error(networkReason(error), { cause: error });
  return new Error(`context deadline exceeded: no whole answer within ${timeoutMs} ms`, { cause: error });
}
