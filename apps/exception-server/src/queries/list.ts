import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
import type { Fingerprint } from '../aggregate/fingerprint.ts';
import { fingerprintFromRow } from '../storage/rows.ts';
import type { Database, Schema } from '../storage/schema.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { matching, type Filter } from './filter.ts';
import { bucketCount, type Window } from './window.ts';

export const SORTS = [
  '-lastSeen',
  'lastSeen',
  '-firstSeen',
  '-totalCount',
  '-count',
  '-delta',
  'severity',
] as const;
export type Sort = (typeof SORTS)[number];

export interface ListRequest {
  readonly filter: Filter;
  readonly window: Window;
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly nowMs: number;
}

export interface ListItem {
  readonly fingerprint: Fingerprint;
  readonly counts: WindowCounts;
}

export interface ListPage {
  readonly items: ListItem[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** One page of exceptions with their counts in the window. */
export async function listExceptions(db: Database, request: ListRequest): Promise<ListPage> {
  const { filter, window, sort, limit, nowMs } = request;
  const { total } = await matching(db, filter, nowMs)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const value = SORT_VALUES[sort];
  const direction = sort === 'lastSeen' ? 'asc' : 'desc';
  let query = matching(db, filter, nowMs)
    .$if(sort === '-count' || sort === '-delta', (all) => withWindowSums(all, window))
    .selectAll('fingerprints')
    .select(value.as('sort_value'));
  if (request.cursor !== undefined) {
    const after = decodeCursor(request.cursor, sort);
    const beyond = direction === 'asc' ? '>' : '<';
    query = query.where((eb) =>
      eb.or([
        eb(value, beyond, after.value),
        eb.and([eb(value, '=', after.value), eb('fingerprints.id', beyond, after.id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy(value, direction)
    .orderBy('fingerprints.id', direction)
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const counts = await windowCounts(
    db,
    page.map(({ id }) => id),
    window,
  );
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map((row) => ({ fingerprint: fingerprintFromRow(row), counts: counts(row.id) })),
    nextCursor: last === undefined ? null : encodeCursor(sort, { value: last.sort_value, id: last.id }),
    total,
  };
}

const SORT_VALUES: Readonly<Record<Sort, RawBuilder<number>>> = {
  '-lastSeen': sql`fingerprints.last_seen`,
  lastSeen: sql`fingerprints.last_seen`,
  '-firstSeen': sql`fingerprints.first_seen`,
  '-totalCount': sql`fingerprints.total`,
  severity: sql`fingerprints.severity_rank`,
  '-count': sql`coalesce(sums.now, 0)`,
  '-delta': sql`(coalesce(sums.now, 0) - coalesce(sums.before, 0))`,
};

function withWindowSums(query: SelectQueryBuilder<Schema, 'fingerprints', object>, window: Window) {
  const { from, to, resolution } = window;
  const sum = (when: 'now' | 'before') =>
    sql<number>`sum(case when bucket ${sql.raw(when === 'now' ? '>=' : '<')} ${from} then count else 0 end)`.as(
      when,
    );
  return query.leftJoin(
    (eb) =>
      eb
        .selectFrom('counts')
        .select(['fingerprint_id', sum('now'), sum('before')])
        .where('step', '=', resolution)
        .where('bucket', '>=', previousFrom(window))
        .where('bucket', '<', to)
        .groupBy('fingerprint_id')
        .as('sums'),
    (join) => join.onRef('sums.fingerprint_id', '=', 'fingerprints.id'),
  );
}

/** The window of the same length before this one. */
function previousFrom({ from, to }: Window): number {
  return from - (to - from);
}

export interface WindowCounts {
  readonly count: number;
  readonly previousCount: number;
  readonly sparkline: number[];
}

/** Counts of some exceptions in the window, by bucket, and in the window before it. */
export async function windowCounts(
  db: Database,
  ids: readonly number[],
  window: Window,
): Promise<(id: number) => WindowCounts> {
  const { from, to, stepSeconds, resolution } = window;
  const found = new Map<number, { count: number; previousCount: number; sparkline: number[] }>();
  const entry = (id: number): { count: number; previousCount: number; sparkline: number[] } => {
    let counts = found.get(id);
    if (counts === undefined) {
      counts = {
        count: 0,
        previousCount: 0,
        sparkline: Array.from({ length: bucketCount(window) }, () => 0),
      };
      found.set(id, counts);
    }
    return counts;
  };
  const rows =
    ids.length === 0
      ? []
      : await db
          .selectFrom('counts')
          .select((eb) => ['fingerprint_id', 'bucket', eb.fn.sum<number>('count').as('sum')])
          .where('fingerprint_id', 'in', ids)
          .where('step', '=', resolution)
          .where('bucket', '>=', previousFrom(window))
          .where('bucket', '<', to)
          .groupBy(['fingerprint_id', 'bucket'])
          .execute();
  for (const { fingerprint_id, bucket, sum } of rows) {
    const counts = entry(fingerprint_id);
    if (bucket < from) {
      counts.previousCount += sum;
    } else {
      counts.count += sum;
      counts.sparkline[Math.floor((bucket - from) / stepSeconds)]! += sum;
    }
  }
  return entry;
}
