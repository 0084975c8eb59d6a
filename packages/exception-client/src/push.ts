import type { Clock } from './clock.ts';
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

/** What a push needs of the collector. */
export interface PushSource {
  /** Grows with every report. */
  version(): number;
  /** The body: everything so far, with at most so many occurrences a key. */
  body(maxSamplesPerKey: number): string;
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
  readonly #source: PushSource;
  readonly #clock: Clock;
  readonly #options: PushOptions;
  readonly #intervalMs: number;
  #pushedVersion = 0;
  #samplesPerKey = MOST_SAMPLES;
  #failures = 0;
  #inFlight: Promise<boolean> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(url: string, source: PushSource, clock: Clock, options: PushOptions) {
    this.url = url;
    this.headers = { ...options.headers, 'content-type': 'application/json' };
    this.exitTimeoutMs = options.exitTimeoutMs ?? 2_000;
    this.#source = source;
    this.#clock = clock;
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#schedule();
  }

  /** True while the server lacks something. */
  get isBehind(): boolean {
    return this.#source.version() !== this.#pushedVersion;
  }

  /** The body of a push at this moment. */
  body(): string {
    return this.#source.body(this.#samplesPerKey);
  }

  async flush(): Promise<boolean> {
    const deadlineMs = Date.now() + this.exitTimeoutMs;
    for (let attempt = 0; this.isBehind; attempt++) {
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) return false;
      if (await this.#pushOnce(leftMs)) continue;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, backoffMs(100, 2_000, attempt))));
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
      if (this.isBehind) await this.#pushOnce(this.#options.timeoutMs ?? 10_000);
    } finally {
      if (this.#cancelTimer !== undefined) this.#schedule();
    }
  }

  /** One attempt; whoever asks during one waits for that one. */
  #pushOnce(timeoutMs: number): Promise<boolean> {
    this.#inFlight ??= this.#attempt(timeoutMs).finally(() => (this.#inFlight = undefined));
    return this.#inFlight;
  }

  async #attempt(timeoutMs: number): Promise<boolean> {
    const version = this.#source.version();
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: this.headers,
        body: this.body(),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.status === TOO_LARGE) this.#samplesPerKey >>= 1;
      if (!response.ok) throw new Error(`expected status 2xx, found ${response.status}`);
      this.#pushedVersion = version;
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#failures++;
      const message = `push to ${this.url} failed, it will be tried again: ${String(error)}`;
      this.#options.onError?.(
        new ExceptionClientError('EXCEPTION_CLIENT_PUSH_FAILED', message, { cause: error }),
      );
      return false;
    }
  }
}

const TOO_LARGE = 413;

/** A server that finds a push too large gets half as many occurrences a key the next time, at last only counts. */
const MOST_SAMPLES = 1_024;

/** Exponential backoff; the random part keeps many processes from returning all at once. */
function backoffMs(baseMs: number, maxMs: number, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() * 0.5);
}

/**
 * The address to push to. An origin alone means exception-server's push route there; the service is added as
 * the query parameter `service` unless the address names one. `base` is what a relative address is relative to.
 */
export function pushUrl(url: string, service: string, base?: string): string {
  const parsed = URL.canParse(url, base) ? new URL(url, base) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    const message = `pushTo: expected an http or https URL such as http://host:9595, found ${JSON.stringify(url)}`;
    throw new ExceptionClientError('EXCEPTION_CLIENT_PUSH_URL_INVALID', message);
  }
  if (parsed.pathname === '/') parsed.pathname = '/api/v1/push';
  if (!parsed.searchParams.has('service')) parsed.searchParams.set('service', service);
  return parsed.href;
}
