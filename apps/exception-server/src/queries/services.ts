import { NEW_FOR_MS } from '../lifecycle/status.ts';
import type { Database } from '../storage/schema.ts';
import type { Window } from './window.ts';

export interface ServiceTotals {
  readonly exceptions: number;
  readonly newExceptions: number;
  readonly count: number;
  readonly lastSeenMs: number;
}

/** Totals of every service that has exceptions: unresolved ones, those first seen within a day, the window's count. */
export async function readServices(
  db: Database,
  window: Window,
  nowMs: number,
): Promise<Map<string, ServiceTotals>> {
  const totals = await db
    .selectFrom('fingerprints')
    .where('state', '<>', 'expired')
    .groupBy('service')
    .select((eb) => [
      'service',
      eb.fn.sum<number>(eb.case().when('state', '<>', 'resolved').then(1).else(0).end()).as('exceptions'),
      eb.fn
        .sum<number>(
          eb
            .case()
            .when('first_seen', '>', nowMs - NEW_FOR_MS)
            .then(1)
            .else(0)
            .end(),
        )
        .as('newExceptions'),
      eb.fn.max('last_seen').as('lastSeenMs'),
    ])
    .execute();
  const counts = await db
    .selectFrom('counts')
    .innerJoin('fingerprints', 'fingerprints.id', 'counts.fingerprint_id')
    .where('counts.step', '=', window.resolution)
    .where('counts.bucket', '>=', window.from)
    .where('counts.bucket', '<', window.to)
    .groupBy('fingerprints.service')
    .select((eb) => ['fingerprints.service', eb.fn.sum<number>('counts.count').as('count')])
    .execute();
  const countOf = new Map(counts.map(({ service, count }) => [service, count]));
  return new Map(
    totals.map(({ service, ...rest }) => [service, { ...rest, count: countOf.get(service) ?? 0 }]),
  );
}
