import { compress } from '@binnacle/remote-protocol';
import { readBody, type HttpClient } from '@binnacle/service-discovery';
import { messageOf } from '../errors.ts';
import type { RemoteWriteConfig } from './remoteWriteConfig.ts';

const MAX_ANSWER_BYTES = 64 * 1024;
const CONTENT_TYPES = {
  1: ['application/x-protobuf', '0.1.0'],
  2: ['application/x-protobuf;proto=io.prometheus.write.v2.Request', '2.0.0'],
} as const;

export interface EndpointEvents {
  /** A request is tried again. */
  readonly onRetry: (reason: string) => void;
  /** A request was refused for good. */
  readonly onRefused: (reason: string) => void;
}

/** Sends requests to one receiver until it has them or refuses them for good. */
export class RemoteEndpoint {
  readonly #config: RemoteWriteConfig;
  readonly #client: HttpClient;
  readonly #signal: AbortSignal;
  readonly #events: EndpointEvents;

  constructor(config: RemoteWriteConfig, client: HttpClient, signal: AbortSignal, events: EndpointEvents) {
    this.#config = config;
    this.#client = client;
    this.#signal = signal;
    this.#events = events;
  }

  /** True when the receiver took it, false when it refused it for good. Rejects only when the signal aborts. */
  async send(request: Uint8Array): Promise<boolean> {
    const body = compress(request);
    let backoffMs = this.#config.minBackoffMs;
    for (;;) {
      this.#signal.throwIfAborted();
      const outcome = await this.#attempt(body);
      if (outcome === 'taken') return true;
      if (!outcome.isWorthRetrying) {
        this.#events.onRefused(outcome.reason);
        return false;
      }
      this.#events.onRetry(outcome.reason);
      await pause(Math.max(backoffMs, outcome.waitMs), this.#signal);
      backoffMs = Math.min(2 * backoffMs, this.#config.maxBackoffMs);
    }
  }

  async #attempt(body: Uint8Array): Promise<'taken' | Failure> {
    const { url, headers, version, timeoutMs, retryOn429 } = this.#config;
    const [contentType, protocolVersion] = CONTENT_TYPES[version];
    try {
      const response = await this.#client.request(url, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': contentType,
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': protocolVersion,
        },
        body,
        timeoutMs,
        signal: this.#signal,
      });
      const text = (await readBody(response, MAX_ANSWER_BYTES)).toString().trim();
      const { statusCode } = response;
      if (statusCode >= 200 && statusCode < 300) return 'taken';
      return {
        reason: `server returned HTTP status ${statusCode}: ${text.slice(0, 200)}`,
        isWorthRetrying: statusCode >= 500 || (statusCode === 429 && retryOn429),
        waitMs: 1000 * (Number(response.headers['retry-after']) || 0),
      };
    } catch (error) {
      this.#signal.throwIfAborted();
      return { reason: messageOf(error), isWorthRetrying: true, waitMs: 0 };
    }
  }
}

interface Failure {
  readonly reason: string;
  readonly isWorthRetrying: boolean;
  /** What the receiver asked for. */
  readonly waitMs: number;
}

/** Waits; rejects at once when the signal aborts. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    timer.unref();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
