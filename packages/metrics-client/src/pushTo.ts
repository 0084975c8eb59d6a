import { setTimeout as delay } from 'node:timers/promises';
import { MetricsError } from './errors.ts';

export interface PushOptions {
  /** The `job` label of everything pushed. */
  readonly job: string;
  /** Further labels that, with `job`, name the group that this push replaces or adds to. */
  readonly groupingKey?: Readonly<Record<string, string>>;
  /** `replace` (PUT, the default) replaces the whole group; `add` (POST) only metrics of the same names. */
  readonly mode?: 'replace' | 'add';
  /** Limit of each try; 10 s by default. */
  readonly timeoutMs?: number;
  /** How often to try; 3 by default. A push is idempotent. Refusals (4xx) are not retried. */
  readonly attempts?: number;
}

/**
 * Sends a text exposition to a Pushgateway (https://github.com/prometheus/pushgateway#api). Throws METRICS_PUSH_FAILED
 * when the last try failed.
 */
export async function pushText(gatewayUrl: string, text: string, options: PushOptions): Promise<void> {
  const { attempts = 3, timeoutMs = 10_000, mode = 'replace' } = options;
  const url = pushUrl(gatewayUrl, options);
  const method = mode === 'replace' ? 'PUT' : 'POST';
  for (let attempt = 1; ; attempt++) {
    const failure = await tryPush(url, { method, body: text, timeoutMs });
    if (failure === undefined) return;
    if (!failure.canRetry || attempt >= attempts) {
      const tries = attempt === 1 ? 'on the first try' : `after ${attempt} tries`;
      const message = `Push of job "${options.job}" to ${url.origin} failed ${tries}: ${failure.reason}`;
      throw new MetricsError('METRICS_PUSH_FAILED', message, { cause: failure.cause });
    }
    await delay(100 * 2 ** attempt);
  }
}

interface PushFailure {
  readonly reason: string;
  readonly canRetry: boolean;
  readonly cause?: unknown;
}

async function tryPush(
  url: URL,
  { method, body, timeoutMs }: { method: string; body: string; timeoutMs: number },
): Promise<PushFailure | undefined> {
  try {
    const response = await fetch(url, {
      method,
      body,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = (await response.text()).trim().slice(0, 500);
    if (response.ok) return undefined;
    return { reason: `status ${response.status}: ${answer}`, canRetry: response.status >= 500 };
  } catch (cause) {
    const detail = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return { reason: String(detail), canRetry: true, cause };
  }
}

function pushUrl(gatewayUrl: string, { job, groupingKey = {} }: PushOptions): URL {
  if (job === '') throw new MetricsError('METRICS_INVALID_OPTION', 'pushTo: job must not be empty.');
  if (!URL.canParse(gatewayUrl)) {
    const message = `pushTo: "${gatewayUrl}" is not a URL; expected one like http://pushgateway:9091.`;
    throw new MetricsError('METRICS_INVALID_OPTION', message);
  }
  const url = new URL(gatewayUrl);
  const labels = Object.entries({ job, ...groupingKey });
  url.pathname = `${url.pathname.replace(/\/$/, '')}/metrics${labels.map(pathPart).join('')}`;
  return url;
}

/** A value that is empty or has a slash goes as URL-safe base64; the empty one is a single `=`. */
function pathPart([name, value]: [string, string]): string {
  if (value === '') return `/${name}@base64/=`;
  if (!value.includes('/')) return `/${name}/${encodeURIComponent(value)}`;
  return `/${name}@base64/${Buffer.from(value).toString('base64url')}`;
}
