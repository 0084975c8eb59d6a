import { sql } from 'kysely';
import type { FingerprintChange, IngestPlan } from '../aggregate/plan.ts';
import type { TargetState } from '../aggregate/serviceState.ts';
import type { Occurrence } from '../payload/payload.ts';
import { bulkWrite, type BulkTable } from './bulk.ts';
import type { Store } from './open.ts';
import { fingerprintToRow, markToRow, targetToRow } from './rows.ts';
import type { ActivityRow, Database, SampleRow } from './schema.ts';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;

/** Samples may exceed their bound by this much before they are cut, so that not every write cuts. */
const SAMPLE_SLACK = 20;

export interface WriteOptions {
  readonly samplesPerException: number;
  readonly nextActivityId: () => number;
}

/** Writes a plan and the target it comes from in one transaction: totals and watermarks move together. */
export async function writePlan(
  store: Store,
  plan: IngestPlan,
  target: TargetState,
  options: WriteOptions,
): Promise<void> {
  const { changes, delivery } = plan;
  const { kind } = store;
  const counted = changes.filter((change) => change.delta > 0);
  await store.db.transaction().execute(async (trx) => {
    await bulkWrite(trx, kind, TARGETS, [targetToRow(delivery.service, target)]);
    await bulkWrite(
      trx,
      kind,
      FINGERPRINTS,
      changes.map(({ after }) => fingerprintToRow(after)),
    );
    await bulkWrite(
      trx,
      kind,
      MARKS,
      changes.map(({ after, mark }) => markToRow(target.id, after.id, mark)),
    );
    await bulkWrite(
      trx,
      kind,
      VERSION_STATS,
      counted.map((change) => versionRow(change, plan)),
    );
    await bulkWrite(
      trx,
      kind,
      COUNTS,
      counted.map((change) => countRow(change, plan, MINUTE_SECONDS)),
    );
    await bulkWrite(
      trx,
      kind,
      COUNTS,
      counted.map((change) => countRow(change, plan, HOUR_SECONDS)),
    );
    await bulkWrite(trx, kind, LABELS, labelRows(changes));
    await bulkWrite(trx, kind, SAMPLES, sampleRows(plan));
    await cutSamples(trx, changes, options.samplesPerException);
    await bulkWrite(trx, kind, ACTIVITY, activityRows(plan, options.nextActivityId));
  });
}

/** Deletes all but the newest samples of an exception. */
async function cutSamples(trx: Database, changes: readonly FingerprintChange[], keep: number): Promise<void> {
  for (const { after } of changes) {
    if (after.samples <= keep + SAMPLE_SLACK) continue;
    await sql`delete from samples where fingerprint_id = ${after.id} and uuid in (
      select uuid from samples where fingerprint_id = ${after.id}
      order by at desc, received desc limit 1000000 offset ${keep})`.execute(trx);
    const { count } = await trx
      .selectFrom('samples')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('fingerprint_id', '=', after.id)
      .executeTakeFirstOrThrow();
    await trx.updateTable('fingerprints').set({ samples: count }).where('id', '=', after.id).execute();
    (after as { samples: number }).samples = count;
  }
}

function versionRow({ after, delta }: FingerprintChange, { delivery }: IngestPlan) {
  const at = delivery.receivedMs;
  return { fingerprint_id: after.id, version: delivery.version, first_seen: at, last_seen: at, total: delta };
}

function countRow({ after, delta }: FingerprintChange, { delivery }: IngestPlan, step: number) {
  const bucket = Math.floor(delivery.receivedMs / 1000 / step) * step;
  return { step, bucket, fingerprint_id: after.id, version: delivery.version, count: delta };
}

function labelRows(changes: readonly FingerprintChange[]) {
  return changes.flatMap(({ after, labels }) =>
    labels.map(([name, value]) => ({ fingerprint_id: after.id, name, value })),
  );
}

function sampleRows({ changes, delivery }: IngestPlan): SampleRow[] {
  return changes.flatMap(({ after, samples }) => {
    const unique = new Map(samples.map((sample) => [sample.uuid, sample]));
    return [...unique.values()].map((sample, index) => ({
      fingerprint_id: after.id,
      uuid: sample.uuid,
      at: sample.timestampMs ?? delivery.receivedMs,
      received: delivery.receivedMs * 1000 + index,
      instance: sample.instance ?? delivery.instance,
      version: sample.version ?? delivery.version,
      body: sampleBody(sample),
    }));
  });
}

/** What is stored of an occurrence beside its columns. */
export interface StoredSample {
  readonly severity: string;
  readonly error: Occurrence['error'];
  readonly http: Occurrence['http'];
  readonly labels?: Readonly<Record<string, string>>;
}

function sampleBody({ severity, error, http, labels }: Occurrence): string {
  return JSON.stringify({ severity, error, http, ...(labels && { labels }) } satisfies StoredSample);
}

function activityRows({ changes, delivery }: IngestPlan, nextId: () => number): ActivityRow[] {
  return changes.flatMap(({ after, transition }) =>
    transition === undefined || transition.kind === 'count'
      ? []
      : [
          {
            id: nextId(),
            fingerprint_id: after.id,
            at: delivery.receivedMs,
            action: transition.kind,
            by: '',
            detail: transition.detail,
          },
        ],
  );
}

const TARGETS: BulkTable<'targets'> = {
  table: 'targets',
  columns: [
    'id',
    'service',
    'identity',
    'target_uuid',
    'url',
    'instance',
    'version',
    'last_success',
    'change',
  ],
  conflict: ['id'],
  replace: ['target_uuid', 'url', 'instance', 'version', 'last_success', 'change'],
};

/** Every column but those that never change is replaced: the row in memory is the truth. */
export const FINGERPRINTS: BulkTable<'fingerprints'> = {
  table: 'fingerprints',
  columns: [
    ...([
      'id',
      'public_id',
      'service',
      'key',
      'class',
      'message',
      'search',
      'severity',
      'severity_rank',
    ] as const),
    ...(['total', 'first_seen', 'last_seen', 'created_at', 'state', 'resolved_at', 'regression'] as const),
    ...(['mute', 'mute_until', 'labels', 'versions', 'samples'] as const),
  ],
  conflict: ['id'],
  replace: [
    ...([
      'class',
      'message',
      'search',
      'severity',
      'severity_rank',
      'total',
      'last_seen',
      'created_at',
    ] as const),
    ...([
      'state',
      'resolved_at',
      'regression',
      'mute',
      'mute_until',
      'labels',
      'versions',
      'samples',
    ] as const),
  ],
};

const MARKS: BulkTable<'marks'> = {
  table: 'marks',
  columns: ['target_id', 'fingerprint_id', 'total', 'last_seen', 'lanes'],
  conflict: ['target_id', 'fingerprint_id'],
  replace: ['total', 'last_seen', 'lanes'],
};

const VERSION_STATS: BulkTable<'version_stats'> = {
  table: 'version_stats',
  columns: ['fingerprint_id', 'version', 'first_seen', 'last_seen', 'total'],
  conflict: ['fingerprint_id', 'version'],
  replace: ['last_seen'],
  add: ['total'],
};

const COUNTS: BulkTable<'counts'> = {
  table: 'counts',
  columns: ['step', 'bucket', 'fingerprint_id', 'version', 'count'],
  conflict: ['fingerprint_id', 'step', 'bucket', 'version'],
  add: ['count'],
};

const LABELS: BulkTable<'fingerprint_labels'> = {
  table: 'fingerprint_labels',
  columns: ['fingerprint_id', 'name', 'value'],
  conflict: ['fingerprint_id', 'name', 'value'],
};

const SAMPLES: BulkTable<'samples'> = {
  table: 'samples',
  columns: ['fingerprint_id', 'uuid', 'at', 'received', 'instance', 'version', 'body'],
  conflict: ['fingerprint_id', 'uuid'],
};

export const ACTIVITY: BulkTable<'activity'> = {
  table: 'activity',
  columns: ['id', 'fingerprint_id', 'at', 'action', 'by', 'detail'],
  conflict: ['id'],
};
