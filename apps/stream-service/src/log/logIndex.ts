import type { CloudEvent } from '@binnacle/event-schemas';
import type { Database, RootDatabase } from 'lmdb';
import {
  dropPostings,
  readPostings,
  termsOf,
  UnstoredPostings,
  type Posting,
  type PostingsDatabase,
  type PostingsRange,
} from './postings.ts';
import { identityOf, offsetKey, offsetOfKey, type StoredEvent } from './storedEvent.ts';

export interface LogIndexOptions {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** Where the log keeps small numbers by name. */
  readonly meta: Database<number, string>;
  /** The offset that the log's next event gets. */
  readonly nextOffset: number;
}

/** Events whose entries wait in memory before they are stored. */
const STORED_AT_ONCE = 25_000;
const INDEXED = 'indexed';

/**
 * Where events stand, by (source, id) and by term. Entries of new events are kept in memory and stored together, many
 * at a time: they go to random places, and storing each with its event would write a page or more for it. The log's
 * events say it all, so those that a crash found in memory are read and added again.
 */
export class LogIndex {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #meta: Database<number, string>;
  readonly #identities: Database<Buffer, Buffer>;
  readonly #postings: PostingsDatabase;
  readonly #unstored = new UnstoredPostings();
  readonly #key = Buffer.alloc(16);
  /** Identities that are not stored yet, and those of a store that is under way. */
  #recent = new Map<string, number>();
  #storingIdentities: Map<string, number> = new Map();
  #storing: Promise<void> | undefined;
  /** Entries of events before this are stored. */
  #storedBelow: number;

  constructor({ root, meta, nextOffset }: LogIndexOptions) {
    const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
    this.#root = root;
    this.#meta = meta;
    this.#identities = root.openDB('identities', binary);
    this.#postings = root.openDB('postings', binary);
    this.#storedBelow = meta.get(INDEXED) ?? nextOffset;
    meta.putSync(INDEXED, this.#storedBelow);
  }

  /** The first event that a log just opened must add again. */
  get storedBelow(): number {
    return this.#storedBelow;
  }

  /** Where an identity stands. */
  find(identity: string): number | undefined {
    const recent = this.#recent.get(identity) ?? this.#storingIdentities.get(identity);
    if (recent !== undefined) return recent;
    this.#key.write(identity, 'latin1');
    const found = this.#identities.getBinary(this.#key);
    return found === undefined ? undefined : offsetOfKey(found);
  }

  /** Adds an event that the log holds; in order of offset. */
  add(event: CloudEvent, identity: string, posting: Posting): void {
    this.#recent.set(identity, posting.offset);
    for (const term of termsOf(event)) this.#unstored.add(term, posting);
  }

  /** The postings of a term in order of offset. */
  postings(term: string, range: PostingsRange): Generator<Posting> {
    return readPostings(this.#postings, this.#unstored, term, range);
  }

  /** Begins to store when enough waits. A failure leaves everything in memory, for the next time. */
  storeWhenDue(): void {
    if (this.#recent.size < STORED_AT_ONCE || this.#storing !== undefined) return;
    this.store().catch(() => undefined);
  }

  /** Stores what waits; rejects when the disk refuses. */
  async store(): Promise<void> {
    while (this.#storing !== undefined) await this.#storing.catch(() => undefined);
    if (this.#recent.size === 0) return;
    this.#storing = this.#store().finally(() => (this.#storing = undefined));
    await this.#storing;
  }

  /** Resolves when entries of events below an offset are stored and no store is under way: `remove` may be called. */
  async readyToRemove(below: number): Promise<void> {
    while (this.#storing !== undefined || below > this.#storedBelow) await (this.#storing ?? this.store());
  }

  /** Forgets events that were removed from the log, up to an offset; to be called inside the batch that does it. */
  remove(events: readonly StoredEvent[], below: number): void {
    const terms = new Set(events.flatMap(({ event }) => termsOf(event)));
    for (const { event } of events) void this.#identities.remove(Buffer.from(identityOf(event), 'latin1'));
    for (const term of terms) dropPostings(this.#postings, term, below);
  }

  async #store(): Promise<void> {
    const identities = this.#recent;
    const below = this.#storedBelow + identities.size;
    this.#recent = new Map();
    this.#storingIdentities = identities;
    let stored = false;
    try {
      await this.#root.batch(() => {
        for (const [identity, offset] of identities) {
          void this.#identities.put(Buffer.from(identity, 'latin1'), offsetKey(offset));
        }
        this.#unstored.put(this.#postings);
        void this.#meta.put(INDEXED, below);
      });
      stored = true;
      this.#storedBelow = below;
    } finally {
      if (!stored) this.#recent = new Map([...identities, ...this.#recent]);
      this.#storingIdentities = new Map();
      this.#unstored.settle(stored);
    }
  }
}
