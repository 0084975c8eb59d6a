import type { Clock } from './clock.ts';
import type { Collector } from './collector.ts';
import type { ResolvedOptions } from './options.ts';
import { ExceptionClientError } from './errors.ts';

/** How exceptions are pushed. */
export interface PushOptions {
  /** Time between pushes while there is something new. Default 10,000. */
  readonly intervalMs?: number;
  /** Longest wait between attempts while the server does not answer. Default 300,000. */
  readonly maxBackoffMs?: number;
  /** Deadline of one request. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long `close()` and the end of the process may wait for the last push. Default 2,000. */
  readonly exitTimeoutMs?: number;
  /** Sent with every push, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with `EXCEPTION_CLIENT_PUSH_FAILED` for each failed attempt. The push is tried again regardless. */
  readonly onError?: (error: ExceptionClientError) => void;
}

/** A push that goes on in the background. */
export interface Push {
  /** Pushes now what is new. Resolves with true once the server has everything, with false at the deadline. */
  flush(): Promise<boolean>;
  /** Ends the background push, without a last one. */
  stop(): void;
}

/**
 * Pushes whenever there is something new, one request at a time. What is sent is all counts so far under a
 * stable target_uuid, so a push that arrives twice, or late, changes nothing, and nothing queues up while the
 * server is away: the next push makes up for all that failed.
 */
export class Pusher implements Push {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly exitTimeoutMs: number;
  readonly #collector: Collector;
  readonly #clock: Clock;
  readonly #options: PushOptions;
  readonly #intervalMs: number;
  #pushedVersion = 0;
  #samplesPerKey: number;
  #failures = 0;
  #inFlight: Promise<boolean> | undefined;
  #abort: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(
    url: string,
    collector: Collector,
    { clock, maxSamplesPerKey }: ResolvedOptions,
    options: PushOptions,
  ) {
    this.url = url;
    this.headers = { ...options.headers, 'content-type': 'application/json' };
    this.exitTimeoutMs = options.exitTimeoutMs ?? 2_000;
    this.#collector = collector;
    this.#clock = clock;
    this.#samplesPerKey = maxSamplesPerKey;
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#schedule();
  }

  /** True while the server lacks something. */
  get isBehind(): boolean {
    return this.#collector.reports !== this.#pushedVersion;
  }

  /** The body of a push at this moment. */
  body(maxSamplesPerKey = this.#samplesPerKey): string {
    return JSON.stringify(this.#collector.export({ maxSamplesPerKey }));
  }

  async flush(): Promise<boolean> {
    const deadlineMs = Date.now() + this.exitTimeoutMs;
    for (let attempt = 0; this.isBehind; attempt++) {
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) return false;
      // An attempt that is under way may have a later deadline of its own.
      const timer = setTimeout(() => this.#abort?.abort(), leftMs);
      const isPushed = await this.#pushOnce();
      clearTimeout(timer);
      if (!isPushed) await sleep(Math.min(leftMs, backoffMs(100, 2_000, attempt)));
    }
    return true;
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #schedule(): void {
    const { maxBackoffMs = 300_000 } = this.#options;
    const delayMs =
      this.#failures === 0
        ? this.#intervalMs * (0.9 + Math.random() * 0.2)
        : backoffMs(this.#intervalMs, maxBackoffMs, this.#failures);
    this.#cancelTimer = this.#clock.setTimer(() => {
      void this.#tick();
    }, delayMs);
  }

  async #tick(): Promise<void> {
    try {
      if (this.isBehind) await this.#pushOnce();
    } finally {
      if (this.#cancelTimer !== undefined) this.#schedule();
    }
  }

  /** One attempt; whoever asks during one waits for that one. */
  #pushOnce(): Promise<boolean> {
    this.#inFlight ??= this.#attempt().finally(() => (this.#inFlight = undefined));
    return this.#inFlight;
  }

  async #attempt(): Promise<boolean> {
    const version = this.#collector.reports;
    const abort = (this.#abort = new AbortController());
    const timer = setTimeout(() => abort.abort(), this.#options.timeoutMs ?? 10_000);
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: this.headers,
        body: this.body(),
        redirect: 'error',
        signal: abort.signal,
      });
      await response.body?.cancel();
      // Half as many occurrences a key the next time; at last only counts.
      if (response.status === TOO_LARGE) this.#samplesPerKey >>= 1;
      if (!response.ok) throw new Error(`expected status 2xx, found ${response.status}`);
      this.#pushedVersion = version;
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#failures++;
      const message = `push to ${this.url} failed and will be tried again: ${String(error)}`;
      this.#options.onError?.(
        new ExceptionClientError('EXCEPTION_CLIENT_PUSH_FAILED', message, { cause: error }),
      );
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

const sleep = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

const TOO_LARGE = 413;

/** Exponential backoff; the random part keeps many processes from returning all at once. */
function backoffMs(baseMs: number, maxMs: number, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() * 0.5);
}

/**
 * The address to push to. An origin alone means exception-server's push route there; the service is added as
 * the query parameter `service` unless the address names one. `base` is what a relative address is relative to.
 */
export function pushUrl(url: string, service: string, base?: string): string {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url, base);
  } catch {
    // Answered below, together with addresses of other protocols.
  }
  if (parsed === undefined || !parsed.protocol.startsWith('http')) {
    const message = `pushTo: expected a URL such as http://host:9595, found ${JSON.stringify(url)}`;
    throw new ExceptionClientError('EXCEPTION_CLIENT_PUSH_URL_INVALID', message);
  }
  if (parsed.pathname === '/') parsed.pathname = '/api/v1/push';
  if (!parsed.searchParams.has('service')) parsed.searchParams.set('service', service);
  return parsed.href;
}
