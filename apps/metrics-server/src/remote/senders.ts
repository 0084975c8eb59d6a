import { join } from 'node:path';
import type { Clock, Log } from '@binnacle/service-discovery';
import type { CommittedBatch } from '@binnacle/tsdb';
import type { ServerConfig } from '../config/serverConfig.ts';
import { MetricsServerError } from '../errors.ts';
import type { MetadataStore } from '../metadataStore.ts';
import type { Storage } from '../storage.ts';
import { remoteWriteClient } from './remoteWriteClient.ts';
import { remoteWriteConfigOf } from './remoteWriteConfig.ts';
import { SendCursor } from './sendCursor.ts';
import { WriteSender, type SendResult } from './writeSender.ts';

export interface SendersOptions {
  readonly storage: Storage;
  readonly metadata: MetadataStore;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onSent: (name: string, result: SendResult, samples: number) => void;
}

/** Beyond the longest scrape: what begins at a time is in the store this much after it ended. */
const EXTRA_LAG_MS = 1000;

/** Every receiver that the configuration names. */
export class Senders {
  readonly #options: SendersOptions;
  #senders: WriteSender[] = [];

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** Throws DiscoveryError and METRICS_BAD_CONFIG for sections that are not valid. */
  check(config: ServerConfig): WriteSender[] {
    const lagMs = EXTRA_LAG_MS + Math.max(0, ...config.scrape.map(({ timeoutMs }) => timeoutMs));
    const names = new Set<string>();
    return config.remoteWrite.map((section) => {
      const own = remoteWriteConfigOf(section);
      if (names.has(own.name)) {
        const message = `remote_write: two sections have the name ${JSON.stringify(own.name)}; give each its own`;
        throw new MetricsServerError('METRICS_BAD_CONFIG', message);
      }
      names.add(own.name);
      const { folder, ...shared } = this.#options;
      return new WriteSender({
        ...shared,
        config: own,
        externalLabels: config.externalLabels,
        client: remoteWriteClient(own, config.baseDir),
        cursor: new SendCursor(join(folder, 'remote-write', `${encodeURIComponent(own.name)}.json`)),
        lagMs,
      });
    });
  }

  /** Takes a configuration. Each receiver goes on from where it was. */
  async apply(config: ServerConfig): Promise<void> {
    const next = this.check(config);
    await this.stop();
    this.#senders = next;
    for (const sender of next) sender.start();
  }

  /** Of the store. */
  onCommit(commit: CommittedBatch): void {
    for (const sender of this.#senders) sender.onCommit(commit);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stop()));
  }

  /** How far each receiver has everything, in milliseconds. */
  sentUntil(): number[] {
    return this.#senders.map(({ sentUntilMs }) => sentUntilMs);
  }
}
