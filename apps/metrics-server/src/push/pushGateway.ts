import { join } from 'node:path';
import type { Labels } from '@binnacle/model';
import type { Clock, Log } from '@binnacle/service-discovery';
import { ApiError, messageOf } from '../errors.ts';
import type { MetadataStore } from '../metadataStore.ts';
import type { Storage, WriteBatch } from '../storage.ts';
import { parsePush } from './parsePush.ts';
import { PushFile } from './pushFile.ts';
import { PushGroups } from './pushGroups.ts';

export interface PushGatewayOptions {
  readonly storage: Storage;
  readonly metadata: MetadataStore;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

const METADATA_SOURCE = 'push gateway';

/**
 * Takes what short jobs push, keeps it over restarts, and writes it to the store at every interval until it is
 * replaced or deleted: as if a Pushgateway were scraped with honor_labels.
 */
export class PushGateway {
  readonly groups = new PushGroups();
  readonly #options: PushGatewayOptions;
  readonly #file: PushFile;
  readonly #batch: WriteBatch;
  /** Series that were written the last time. */
  #written = new Map<string, Labels>();
  #cancelTimer: (() => void) | undefined;
  intervalMs = 60_000;

  constructor(options: PushGatewayOptions) {
    this.#options = options;
    this.#file = new PushFile(join(options.folder, 'push-gateway.json'), this.groups);
    this.#batch = options.storage.batch();
  }

  async start(): Promise<void> {
    await this.#file.load();
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#cancelTimer?.();
    await this.#file.save();
  }

  /** Takes a push. Resolves when it is on disk. Throws ExpositionError and ApiError, and notes the failure. */
  async push(group: Labels, body: Uint8Array, isProtobuf: boolean, replace: boolean): Promise<void> {
    const now = this.#options.clock.now();
    let isTaken: boolean;
    try {
      const families = parsePush(body, isProtobuf, group);
      isTaken = this.groups.push(group, families, replace, now);
      for (const [family, { type, help }] of families) {
        this.#options.metadata.set(METADATA_SOURCE, family, 'type', type);
        this.#options.metadata.set(METADATA_SOURCE, family, 'help', help);
      }
    } catch (error) {
      this.groups.fail(group, now);
      throw error;
    }
    if (!isTaken)
      throw new ApiError('unavailable', 'there are too many groups; delete those that are not needed');
    this.#write();
    await this.#file.save();
  }

  async delete(group: Labels): Promise<void> {
    this.groups.remove(group);
    this.#write();
    await this.#file.save();
  }

  async wipe(): Promise<void> {
    this.groups.clear();
    this.#write();
    await this.#file.save();
  }

  #wait(): void {
    this.#cancelTimer = this.#options.clock.setTimer(() => {
      this.#write();
      this.#wait();
    }, this.intervalMs);
  }

  /** Writes every group as of now; series that are gone get a stale marker. */
  #write(): void {
    const { storage, clock, log } = this.#options;
    const timeMs = clock.now();
    const now = new Map<string, Labels>();
    try {
      for (const { labels, value } of this.groups.samples()) {
        now.set(labels.key, labels);
        this.#batch.append(storage.getOrCreateSeries(labels), timeMs, value);
      }
      for (const [key, labels] of this.#written) {
        if (!now.has(key)) this.#batch.appendStale(storage.getOrCreateSeries(labels), timeMs);
      }
      this.#batch.commit();
      this.#written = now;
    } catch (error) {
      this.#batch.rollback();
      log.warn({}, `pushed metrics could not be written: ${messageOf(error)}`);
    }
  }
}
