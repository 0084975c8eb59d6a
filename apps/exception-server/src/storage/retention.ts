import { sql } from 'kysely';
import type { Registry } from '../aggregate/registry.ts';
import type { Retention } from '../config/serverConfig.ts';
import { bulkWrite } from './bulk.ts';
import { fingerprintToRow } from './rows.ts';
import { deleteTargets } from './deleteTargets.ts';
import { FINGERPRINTS } from './writePlan.ts';

/** History lines kept for each exception. */
const KEPT_ACTIVITY_MS = 365 * 86_400_000;

const UNLOAD_AFTER_MS = 30 * 60_000;

/** Deletes what is older than it needs to be. Exceptions whose targets still run are hidden, not forgotten. */
export async function applyRetention(registry: Registry, retention: Retention, nowMs: number): Promise<void> {
  const { db } = registry.store;
  const seconds = (agoMs: number): number => Math.floor((nowMs - agoMs) / 1000);
  await db
    .deleteFrom('counts')
    .where('step', '=', 60)
    .where('bucket', '<', seconds(retention.minutesMs))
    .execute();
  await db
    .deleteFrom('counts')
    .where('step', '=', 3600)
    .where('bucket', '<', seconds(retention.hoursMs))
    .execute();
  await db.deleteFrom('undo').where('expires_at', '<=', nowMs).execute();
  await db
    .deleteFrom('activity')
    .where('at', '<', nowMs - KEPT_ACTIVITY_MS)
    .execute();
  for (const name of registry.services.keys()) {
    await forgetTargets(registry, name, nowMs - retention.targetsMs);
    await unloadMarks(registry, name, nowMs - UNLOAD_AFTER_MS);
    await expireExceptions(registry, name, nowMs - retention.exceptionsMs);
  }
}

/** A target that was not heard for long will not come back; without its watermarks it would count anew if it did. */
async function forgetTargets(registry: Registry, name: string, beforeMs: number): Promise<void> {
  const known = [...(registry.services.get(name)?.targets.values() ?? [])];
  if (!known.some(({ lastSuccessMs }) => lastSuccessMs < beforeMs)) return;
  await registry.exclusive(name, async (service) => {
    const stale = [...service.targets.values()].filter(({ lastSuccessMs }) => lastSuccessMs < beforeMs);
    await deleteTargets(registry.store.db, service, stale);
  });
}

/** Watermarks of targets that are silent leave memory; the store gives them back when one answers. */
async function unloadMarks(registry: Registry, name: string, beforeMs: number): Promise<void> {
  await registry.exclusive(name, async ({ targets }) => {
    for (const target of targets.values()) {
      if (target.lastSuccessMs < beforeMs) target.marks = null;
    }
  });
}

/**
 * Hides exceptions that were not seen for long and deletes their evidence. Their totals and watermarks stay
 * while a target that reported them is known: it still reports them, and they must not come back as new.
 */
async function expireExceptions(registry: Registry, name: string, beforeMs: number): Promise<void> {
  const known = [...(registry.services.get(name)?.byKey.values() ?? [])];
  if (!known.some(({ lastSeenMs }) => lastSeenMs < beforeMs)) return;
  await registry.exclusive(name, async (service) => {
    const { db, kind } = registry.store;
    const old = [...service.byKey.values()].filter(({ lastSeenMs }) => lastSeenMs < beforeMs);
    const reported = await db
      .selectFrom('marks')
      .innerJoin('targets', 'targets.id', 'marks.target_id')
      .where('targets.service', '=', name)
      .select('marks.fingerprint_id')
      .distinct()
      .execute();
    const isReported = new Set(reported.map(({ fingerprint_id }) => fingerprint_id));
    const hidden = old.filter(({ id, state }) => isReported.has(id) && state !== 'expired');
    const gone = old.filter(({ id }) => !isReported.has(id));
    const changes = hidden.map((before) => ({
      after: {
        ...before,
        state: 'expired' as const,
        samples: 0,
        regression: null,
        mute: null,
        resolvedAtMs: null,
      },
    }));
    const emptied = [...hidden, ...gone].map(({ id }) => id);
    await db.transaction().execute(async (trx) => {
      for (let start = 0; start < emptied.length; start += 1000) {
        const some = emptied.slice(start, start + 1000);
        for (const table of [
          'samples',
          'counts',
          'activity',
          'fingerprint_labels',
          'version_stats',
        ] as const) {
          await trx.deleteFrom(table).where('fingerprint_id', 'in', some).execute();
        }
      }
      await bulkWrite(
        trx,
        kind,
        FINGERPRINTS,
        changes.map(({ after }) => fingerprintToRow(after)),
      );
      for (let start = 0; start < gone.length; start += 1000) {
        const some = gone.slice(start, start + 1000).map(({ id }) => id);
        await trx.deleteFrom('fingerprints').where('id', 'in', some).execute();
      }
    });
    registry.apply(service, changes);
    for (const fingerprint of gone) registry.forget(service, fingerprint);
  });
}

/** Lets SQLite refresh its statistics and fold its log into the file; PostgreSQL does so by itself. */
export async function tidy(registry: Registry): Promise<void> {
  if (registry.store.kind !== 'sqlite') return;
  await sql`pragma optimize`.execute(registry.store.db);
  await sql`pragma wal_checkpoint(truncate)`.execute(registry.store.db);
}
