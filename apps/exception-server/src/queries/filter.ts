import { sql, type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';
import { NEW_FOR_MS, type Status } from '../lifecycle/status.ts';
import type { Database, Schema } from '../storage/schema.ts';

/** Which exceptions a list holds. An empty list or an absent text does not restrict. */
export interface Filter {
  readonly words?: readonly string[];
  readonly services?: readonly string[];
  readonly severities?: readonly string[];
  readonly statuses?: readonly Status[];
  readonly class?: string | undefined;
  readonly version?: string | undefined;
  readonly labels?: readonly (readonly [name: string, value: string])[];
  readonly firstSeenAfterMs?: number | undefined;
  readonly lastSeenAfterMs?: number | undefined;
}

type Builder = ExpressionBuilder<Schema, 'fingerprints'>;

/** Exceptions that fit; those without an occurrence within retention are never among them. */
export function matching(
  db: Database,
  filter: Filter,
  nowMs: number,
): SelectQueryBuilder<Schema, 'fingerprints', object> {
  return db
    .selectFrom('fingerprints')
    .where('fingerprints.state', '<>', 'expired')
    .where((eb) => eb.and(conditions(eb, filter, nowMs)));
}

/** The stored state, with a mute whose time is over left out. */
export function effectiveState(nowMs: number) {
  return sql<string>`case when fingerprints.state = 'muted' and fingerprints.mute_until <= ${nowMs}
    then case when fingerprints.regression is null then 'open' else 'regressed' end
    else fingerprints.state end`;
}

/** The status of a row, as `statusOf` gives it. */
export function statusExpression(nowMs: number) {
  return sql<Status>`case ${effectiveState(nowMs)} when 'open'
    then case when fingerprints.first_seen > ${nowMs - NEW_FOR_MS} then 'new' else 'ongoing' end
    else ${effectiveState(nowMs)} end`;
}

function* conditionsOf(eb: Builder, filter: Filter, nowMs: number): Generator<Expression<SqlBool>> {
  for (const word of filter.words ?? []) {
    yield sql<SqlBool>`fingerprints.search like ${`%${escapeLike(word.toLowerCase())}%`} escape '\\'`;
  }
  if (filter.services?.length) yield eb('fingerprints.service', 'in', filter.services);
  if (filter.severities?.length) yield eb('fingerprints.severity', 'in', filter.severities);
  if (filter.class !== undefined) yield eb('fingerprints.class', '=', filter.class);
  if (filter.firstSeenAfterMs !== undefined)
    yield eb('fingerprints.first_seen', '>', filter.firstSeenAfterMs);
  if (filter.lastSeenAfterMs !== undefined) yield eb('fingerprints.last_seen', '>', filter.lastSeenAfterMs);
  if (filter.statuses?.length) yield eb(statusExpression(nowMs), 'in', filter.statuses);
  if (filter.version !== undefined) {
    yield eb.exists(
      eb
        .selectFrom('version_stats')
        .select('version_stats.version')
        .whereRef('version_stats.fingerprint_id', '=', 'fingerprints.id')
        .where('version_stats.version', '=', filter.version),
    );
  }
  for (const [name, value] of filter.labels ?? []) {
    yield eb.exists(
      eb
        .selectFrom('fingerprint_labels')
        .select('fingerprint_labels.name')
        .whereRef('fingerprint_labels.fingerprint_id', '=', 'fingerprints.id')
        .where('fingerprint_labels.name', '=', name)
        .where('fingerprint_labels.value', '=', value),
    );
  }
}

function conditions(eb: Builder, filter: Filter, nowMs: number): Expression<SqlBool>[] {
  return [...conditionsOf(eb, filter, nowMs)];
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
