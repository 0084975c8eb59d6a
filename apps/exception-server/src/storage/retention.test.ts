import { expect, it } from 'vitest';
import { deliveryOf } from '../aggregate/delivery.ts';
import { DEFAULT_INGEST_LIMITS, Ingestor } from '../aggregate/ingestor.ts';
import { Registry } from '../aggregate/registry.ts';
import { decodeExport } from '../payload/decode.ts';
import { DEFAULT_PAYLOAD_LIMITS } from '../payload/payload.ts';
import { occurrence } from '../testing/fakeTarget.ts';
import { describeOnEachStorage } from '../testing/storages.ts';
import { openStore } from './open.ts';
import { applyRetention } from './retention.ts';

const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1);
const RETENTION = {
  minutesMs: DAY_MS,
  hoursMs: 30 * DAY_MS,
  exceptionsMs: 60 * DAY_MS,
  targetsMs: 90 * DAY_MS,
};

describeOnEachStorage('retention', (newStorage) => {
  async function setUp() {
    const store = await openStore(await newStorage());
    const registry = await Registry.load(store);
    const ingestor = new Ingestor(
      registry,
      { ...DEFAULT_INGEST_LIMITS, samplesPerException: 5 },
      () => undefined,
    );
    const read = (atMs: number, count: number, targetUuid = 't', key = 'k') => {
      const aggregate = {
        aggregation_key: key,
        total_count: count,
        created_at: '2025-12-01T00:00:00Z',
        latest_errors: Array.from({ length: 10 }, () =>
          occurrence({ timestamp: new Date(atMs).toISOString() }),
        ),
      };
      const payload = decodeExport(
        { aggregated_errors: [aggregate], target_uuid: targetUuid, version: '1' },
        DEFAULT_PAYLOAD_LIMITS,
        atMs,
      );
      const source = {
        service: 'shop',
        url: 'http://t/',
        instance: 't',
        labels: {},
        startedMs: atMs,
        receivedMs: atMs,
      };
      return ingestor.ingest(deliveryOf(payload, { ...source, via: 'scrape' }));
    };
    const rows = async (table: 'counts' | 'samples' | 'marks' | 'targets' | 'fingerprints' | 'activity') =>
      (
        await store.db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n;
    const total = () => registry.services.get('shop')!.byKey.get('k')?.total;
    const state = () => registry.services.get('shop')!.byKey.get('k')?.state;
    return { store, registry, read, rows, total, state };
  }

  it('drops minutes first, then hours; totals stay', async () => {
    const { store, registry, read, rows, total } = await setUp();
    await read(BEGIN, 3);
    expect(await rows('counts')).toBe(2);
    await applyRetention(registry, RETENTION, BEGIN + 2 * DAY_MS);
    expect(await rows('counts')).toBe(1);
    await applyRetention(registry, RETENTION, BEGIN + 32 * DAY_MS);
    expect(await rows('counts')).toBe(0);
    expect(total()).toBe(3);
    await store.close();
  });

  it('hides an exception that a running target still exports, without counting it anew', async () => {
    const { store, registry, read, rows, total, state } = await setUp();
    await read(BEGIN, 3);
    await read(BEGIN + 61 * DAY_MS, 3);
    await applyRetention(registry, RETENTION, BEGIN + 61 * DAY_MS);
    expect([state(), total(), await rows('samples'), await rows('marks')]).toEqual(['expired', 3, 0, 1]);
    await read(BEGIN + 61 * DAY_MS, 3);
    expect([state(), total()]).toEqual(['expired', 3]);
    await read(BEGIN + 62 * DAY_MS, 4);
    expect([state(), total()]).toEqual(['open', 4]);
    await store.close();
  });

  it('forgets targets that are gone for long, and then exceptions that nobody reports', async () => {
    const { store, registry, read, rows, total } = await setUp();
    await read(BEGIN, 3);
    await read(BEGIN + 80 * DAY_MS, 1, 'other', 'x');
    await applyRetention(registry, RETENTION, BEGIN + 91 * DAY_MS);
    expect([await rows('targets'), await rows('marks'), await rows('fingerprints'), total()]).toEqual([
      1,
      1,
      1,
      undefined,
    ]);
    expect(registry.fingerprintCount).toBe(1);
    expect([...registry.services.get('shop')!.targets.keys()]).toEqual(['other']);
    await read(BEGIN + 91 * DAY_MS, 3);
    expect(total()).toBe(3);
    const again = await Registry.load(store);
    expect(again.fingerprintCount).toBe(2);
    await store.close();
  });

  it('keeps the newest samples of an exception', async () => {
    const { store, read, rows } = await setUp();
    for (let i = 1; i <= 6; i++) await read(BEGIN + i, i * 100);
    expect(await rows('samples')).toBeLessThanOrEqual(25);
    expect(await rows('samples')).toBeGreaterThanOrEqual(5);
    const { newest } = await store.db
      .selectFrom('samples')
      .select((eb) => eb.fn.max('at').as('newest'))
      .executeTakeFirstOrThrow();
    expect(newest).toBe(BEGIN + 6);
    await store.close();
  });
});
