import { encodeWriteV1, encodeWriteV2, type OutgoingSeries } from '@binnacle/remote-protocol';
import type { Clock, HttpClient, Log } from '@binnacle/service-discovery';
import type { CommittedBatch } from '@binnacle/tsdb';
import { messageOf } from '../errors.ts';
import { Arrivals } from './arrivals.ts';
import { arrivedBatches, outgoingBatches, type OutgoingOptions } from './outgoingBatches.ts';
import { pause, RemoteEndpoint } from './remoteEndpoint.ts';
import type { SendCursor } from './sendCursor.ts';

export interface SenderOptions extends OutgoingOptions {
  readonly client: HttpClient;
  readonly cursor: SendCursor;
  readonly clock: Clock;
  readonly log: Log;
  /** Samples are read this much later than their time: by then, those that arrive in order are there. */
  readonly lagMs: number;
  readonly onSent: (name: string, result: SendResult, samples: number) => void;
}

/** What became of samples: refused by the receiver is failed, given up here is dropped. */
export type SendResult = 'sent' | 'failed' | 'retried' | 'dropped';

/** Most that is read in one go while catching up. */
const MAX_SPAN_MS = 60_000;

/**
 * Sends what the store holds to one receiver, span of time by span of time. The place it has reached is in a file and
 * the samples are in the store, so neither a receiver that is down nor a restart loses any, for as long as the retention
 * lasts. Requests of one span go out side by side; the next span begins when all of them are through. What comes into
 * the store behind that place, and exemplars, wait in memory for the next round.
 */
export class WriteSender {
  readonly #options: SenderOptions;
  readonly #abort = new AbortController();
  readonly #endpoint: RemoteEndpoint;
  #running: Promise<void> = Promise.resolve();
  #lastTrouble = '';
  #nextMetadataMs = 0;
  /** Everything up to this time has been sent, and up to the second one has been read. */
  sentUntilMs = NaN;
  #readUntilMs = -Infinity;
  readonly #arrivals: Arrivals;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { config, client, onSent } = options;
    this.#arrivals = new Arrivals(config.sendExemplars);
    this.#endpoint = new RemoteEndpoint(config, client, this.#abort.signal, {
      onRetry: (reason) => {
        onSent(config.name, 'retried', 1);
        this.#complain(`remote write is tried again: ${reason}`);
      },
      onRefused: (reason) => this.#complain(`remote write was refused: ${reason}`),
    });
  }

  start(): void {
    this.#running = this.#run(this.#options.clock.now() - 1).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#complain(`remote write has ended: ${messageOf(error)}`);
    });
  }

  /** Notes what a commit has put behind the place where the sender is. */
  onCommit(commit: CommittedBatch): void {
    const nowMs = this.#options.clock.now();
    const { sampleAgeLimitMs } = this.#options.config;
    const fromMs = sampleAgeLimitMs > 0 ? nowMs - sampleAgeLimitMs : -Infinity;
    this.#arrivals.note(commit, fromMs, this.#readUntilMs, nowMs);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#options.client.close();
  }

  /** At the first start of all, what came before `startMs` is not sent. */
  async #run(startMs: number): Promise<void> {
    const { clock, cursor, config, lagMs } = this.#options;
    this.sentUntilMs = await cursor.read(startMs);
    this.#readUntilMs = this.sentUntilMs;
    for (;;) {
      const dueMs = clock.now() - lagMs;
      if (config.sampleAgeLimitMs > 0) {
        this.sentUntilMs = Math.max(this.sentUntilMs, clock.now() - config.sampleAgeLimitMs);
      }
      if (dueMs > this.sentUntilMs) {
        const toMs = Math.min(dueMs, this.sentUntilMs + MAX_SPAN_MS);
        // What comes into the span from now on may have been passed by already.
        this.#readUntilMs = toMs;
        await this.#sendAll(outgoingBatches(this.#options, this.sentUntilMs, toMs));
        this.sentUntilMs = toMs;
        await cursor.write(toMs);
      }
      await this.#sendArrivals();
      await this.#sendMetadata();
      if (this.sentUntilMs >= dueMs) await pause(config.batchSendDeadlineMs, this.#abort.signal);
    }
  }

  async #sendArrivals(): Promise<void> {
    const { config, onSent } = this.#options;
    await this.#sendAll(arrivedBatches(this.#options, this.#arrivals, this.sentUntilMs));
    const { dropped } = this.#arrivals;
    if (dropped === 0) return;
    this.#arrivals.dropped = 0;
    onSent(config.name, 'dropped', dropped);
    this.#complain('more samples came late than can wait to be sent; some were left out');
  }

  /** Sends requests side by side. */
  async #sendAll(batches: Iterable<OutgoingSeries[]>): Promise<void> {
    const { config, onSent } = this.#options;
    const encode = config.version === 2 ? encodeWriteV2 : encodeWriteV1;
    const underWay = new Set<Promise<void>>();
    let failure: unknown;
    for (const batch of batches) {
      const samples = batch.reduce(
        (sum, { timestamps, histograms, exemplars }) =>
          sum + timestamps.length + (histograms?.length ?? 0) + (exemplars?.length ?? 0),
        0,
      );
      const request = this.#endpoint
        .send(encode(batch))
        .then((taken) => onSent(config.name, taken ? 'sent' : 'failed', samples))
        .catch((error: unknown) => void (failure = error))
        .finally(() => underWay.delete(request));
      underWay.add(request);
      if (underWay.size >= config.maxShards) await Promise.race(underWay);
      // Scrapes and queries get their turn.
      await new Promise(setImmediate);
      if (failure !== undefined) break;
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
  }

  async #sendMetadata(): Promise<void> {
    const { config, clock, metadata } = this.#options;
    if (config.metadataIntervalMs === undefined || config.version === 2) return;
    if (clock.now() < this.#nextMetadataMs) return;
    const families = Object.entries(metadata.all('', 0, 1)).map(([family, [first]]) => ({
      family,
      ...first!,
    }));
    if (families.length === 0) return;
    this.#nextMetadataMs = clock.now() + config.metadataIntervalMs;
    for (let at = 0; at < families.length; at += config.maxMetadataPerSend) {
      await this.#endpoint.send(encodeWriteV1([], families.slice(at, at + config.maxMetadataPerSend)));
    }
  }

  /** The same trouble is logged once. */
  #complain(message: string): void {
    if (message === this.#lastTrouble) return;
    this.#lastTrouble = message;
    this.#options.log.warn({ remote: this.#options.config.name }, message);
  }
}
