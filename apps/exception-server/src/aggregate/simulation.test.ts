import { describeWith, startPostgres, type PostgresServer } from '@binnacle/testing';
import * as fc from 'fast-check';
import type { Transaction } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePayload } from '../payload/decode.ts';
import { DEFAULT_PAYLOAD_LIMITS } from '../payload/payload.ts';
import { openStore, type Store } from '../storage/open.ts';
import type { Schema } from '../storage/schema.ts';
import { deliveryOf } from './delivery.ts';
import { DEFAULT_INGEST_LIMITS, Ingestor } from './ingestor.ts';
import { Registry } from './registry.ts';

/**
 * A fleet that lies as real fleets do: restarts, lost and late answers, two addresses for one process, forked
 * workers under one uuid, our own restarts and failed writes. Whatever was read once is counted once.
 */

const KEYS = ['TypeError@1', '', 'a//b ? # %', 'x'];

type Step =
  | { kind: 'report'; process: number; key: number; times: number }
  | { kind: 'scrape' | 'restart' | 'restart_with_new_uuid'; process: number; address: number }
  | { kind: 'overlapping_scrapes'; process: number; key: number }
  | { kind: 'push_again'; process: number; nth: number }
  | { kind: 'lost_answer' | 'failed_write' | 'lost_commit'; process: number; address: number }
  | { kind: 'our_restart' };

const process = fc.nat(4);
const address = fc.nat(1);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      process,
      key: fc.nat(3),
      times: fc.integer({ min: 1, max: 14 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('scrape' as const), process, address }) },
  fc.record({
    kind: fc.constantFrom('restart' as const, 'restart_with_new_uuid' as const),
    process,
    address,
  }),
  fc.record({ kind: fc.constant('overlapping_scrapes' as const), process, key: fc.nat(3) }),
  fc.record({ kind: fc.constant('push_again' as const), process, nth: fc.nat(50) }),
  fc.record({
    kind: fc.constantFrom('lost_answer' as const, 'failed_write' as const, 'lost_commit' as const),
    process,
    address,
  }),
  fc.record({ kind: fc.constant('our_restart' as const) }),
);

/** One process at a time: the count per key since it began, and what of it was read. */
interface Process {
  readonly uuid: string;
  readonly id: number;
  readonly counts: Map<
    string,
    { count: number; createdMs: number; samples: { uuid: string; atMs: number }[] }
  >;
  readonly read: Map<string, number>;
}

class World {
  readonly #store: Store;
  #registry!: Registry;
  #ingestor!: Ingestor;
  #nowMs = Date.UTC(2026, 0, 1);
  #lastId = 0;
  readonly #alive: Process[];
  readonly #dead: Process[] = [];
  readonly #history = new Map<number, { text: string; of: Process }[]>();

  constructor(store: Store) {
    this.#store = store;
    // Processes 0 and 1 are forked workers with one uuid; 2 has none and is known by its address.
    this.#alive = ['forked', 'forked', '', 'u-3', 'u-4'].map((uuid) => this.#start(uuid));
  }

  async restartServer(): Promise<void> {
    this.#registry = await Registry.load(this.#store);
    this.#ingestor = new Ingestor(this.#registry, DEFAULT_INGEST_LIMITS, () => undefined);
  }

  async step(step: Step): Promise<void> {
    this.#nowMs += 1000;
    switch (step.kind) {
      case 'report':
        return this.#report(this.#alive[step.process]!, KEYS[step.key]!, step.times);
      case 'scrape':
        return this.#deliver(step.process, step.address);
      case 'lost_answer':
        return undefined;
      case 'failed_write':
      case 'lost_commit':
        return this.#failWrite(step.process, step.address, step.kind === 'lost_commit');
      case 'overlapping_scrapes':
        return this.#overlap(step.process, KEYS[step.key]!);
      case 'push_again':
        return this.#pushAgain(step.process, step.nth);
      case 'our_restart':
        return this.restartServer();
      default:
        this.#dead.push(this.#alive[step.process]!);
        this.#alive[step.process] = this.#start(
          step.kind === 'restart' ? this.#alive[step.process]!.uuid : `u-${this.#lastId + 1}`,
        );
    }
  }

  async finish(): Promise<void> {
    for (let i = 0; i < this.#alive.length; i++) {
      this.#nowMs += 1000;
      await this.#deliver(i, 0);
    }
  }

  truth(): Map<string, number> {
    const totals = new Map<string, number>();
    for (const { read } of [...this.#dead, ...this.#alive]) {
      for (const [key, count] of read) totals.set(key, (totals.get(key) ?? 0) + count);
    }
    return totals;
  }

  counted(): Map<string, number> {
    return new Map(
      [...this.#registry.services.get('shop')!.byKey.values()].map(({ key, total }) => [key, total]),
    );
  }

  /** Sums of what is stored besides totals: they must agree with them. */
  async stored(): Promise<{
    versions: number;
    minutes: number;
    hours: number;
    totals: number;
    marks: number;
  }> {
    const { db } = this.#store;
    const sum = async (table: 'version_stats' | 'fingerprints' | 'marks'): Promise<number> =>
      (
        await db
          .selectFrom(table)
          .select((eb) => eb.fn.sum<number>('total').as('n'))
          .executeTakeFirstOrThrow()
      ).n ?? 0;
    const counts = async (step: number): Promise<number> =>
      (
        await db
          .selectFrom('counts')
          .where('step', '=', step)
          .select((eb) => eb.fn.sum<number>('count').as('n'))
          .executeTakeFirstOrThrow()
      ).n ?? 0;
    return {
      versions: await sum('version_stats'),
      totals: await sum('fingerprints'),
      marks: await sum('marks'),
      minutes: await counts(60),
      hours: await counts(3600),
    };
  }

  #start(uuid: string): Process {
    return { uuid, id: ++this.#lastId, counts: new Map(), read: new Map() };
  }

  #report(of: Process, key: string, times: number): void {
    const entry = of.counts.get(key) ?? { count: 0, createdMs: this.#nowMs + of.id, samples: [] };
    of.counts.set(key, entry);
    for (let i = 0; i < times; i++) {
      entry.count++;
      entry.samples.push({ uuid: `${of.id}/${key}/${entry.count}`, atMs: this.#nowMs });
    }
    entry.samples.splice(0, entry.samples.length - 10);
  }

  #export(of: Process): string {
    return JSON.stringify({
      target_uuid: of.uuid,
      aggregated_errors: [...of.counts].map(([key, { count, createdMs, samples }]) => ({
        aggregation_key: key,
        total_count: count,
        severity: 'error',
        created_at: new Date(createdMs).toISOString(),
        latest_errors: samples.map(({ uuid, atMs }) => ({
          uuid,
          timestamp: new Date(atMs).toISOString(),
          error: { class: 'E', message: 'm', stacktrace: [] },
        })),
      })),
    });
  }

  async #ingest(
    of: Process,
    text: string,
    times: { startedMs: number; receivedMs: number },
    address: number,
    via: 'scrape' | 'push',
  ) {
    const payload = decodePayload(text, DEFAULT_PAYLOAD_LIMITS, this.#nowMs);
    const url = of.uuid === '' ? 'http://no-uuid/' : `http://${of.uuid}/${address}`;
    await this.#ingestor.ingest(
      deliveryOf(payload, { service: 'shop', url, instance: url, labels: { version: '1' }, via, ...times }),
    );
    for (const { key, totalCount } of payload.aggregates) {
      of.read.set(key, Math.max(of.read.get(key) ?? 0, totalCount));
    }
  }

  async #deliver(index: number, address: number): Promise<void> {
    const of = this.#alive[index]!;
    const text = this.#export(of);
    this.#history.set(index, [...(this.#history.get(index) ?? []), { text, of }]);
    await this.#ingest(of, text, { startedMs: this.#nowMs - 10, receivedMs: this.#nowMs }, address, 'scrape');
  }

  /** Two addresses of one process are read at once, and the older answer arrives last. */
  async #overlap(index: number, key: string): Promise<void> {
    const of = this.#alive[index]!;
    const older = this.#export(of);
    this.#report(of, key, 2);
    const newer = this.#export(of);
    await this.#ingest(of, newer, { startedMs: this.#nowMs - 20, receivedMs: this.#nowMs }, 0, 'scrape');
    await this.#ingest(of, older, { startedMs: this.#nowMs - 30, receivedMs: this.#nowMs + 5 }, 1, 'scrape');
    this.#nowMs += 100;
  }

  async #pushAgain(index: number, nth: number): Promise<void> {
    const past = this.#history.get(index) ?? [];
    if (past.length === 0) return;
    const { text, of } = past[nth % past.length]!;
    await this.#ingest(of, text, { startedMs: this.#nowMs, receivedMs: this.#nowMs }, 0, 'push');
  }

  /** The database refuses, or does as it is told and the connection breaks before it says so. */
  async #failWrite(index: number, address: number, isCommitted: boolean): Promise<void> {
    const { db } = this.#store;
    const execute = async (work: (trx: Transaction<Schema>) => Promise<void>): Promise<void> => {
      Reflect.deleteProperty(db, 'transaction');
      if (isCommitted) await db.transaction().execute(work);
      throw new Error('connection lost');
    };
    Object.defineProperty(db, 'transaction', { configurable: true, value: () => ({ execute }) });
    const of = this.#alive[index]!;
    await this.#deliver(index, address).catch(() => {
      if (isCommitted) for (const [key, { count }] of of.counts) of.read.set(key, count);
    });
    Reflect.deleteProperty(db, 'transaction');
  }
}

async function check(store: Store, steps: readonly Step[]): Promise<void> {
  const { db } = store;
  for (const table of [
    'fingerprints',
    'targets',
    'marks',
    'samples',
    'version_stats',
    'counts',
    'activity',
  ] as const) {
    await db.deleteFrom(table).execute();
  }
  const world = new World(store);
  await world.restartServer();
  for (const step of steps) await world.step(step);
  await world.finish();
  const truth = world.truth();
  const counted = truth.size === 0 ? new Map() : world.counted();
  expect(counted).toEqual(truth);
  const total = [...truth.values()].reduce((a, b) => a + b, 0);
  expect(await world.stored()).toEqual({
    versions: total,
    totals: total,
    marks: total,
    minutes: total,
    hours: total,
  });
  const samples = await db.selectFrom('samples').select(['fingerprint_id', 'uuid']).execute();
  expect(new Set(samples.map(({ uuid }) => uuid)).size).toBe(samples.length);
}

describe('totals equal the truth (property, traps T1, T2, T3, T12, T14)', () => {
  it('on SQLite', async () => {
    const store = await openStore(':memory:');
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), (steps) => check(store, steps)),
      { numRuns: 120 },
    );
    await store.close();
  });

  describeWith('postgres', 'on PostgreSQL', () => {
    let server: PostgresServer;
    beforeAll(async () => void (server = await startPostgres()));
    afterAll(() => server.stop());

    it('too', async () => {
      const store = await openStore(server.url);
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), (steps) => check(store, steps)),
        { numRuns: 8 },
      );
      await store.close();
    });
  });
});
