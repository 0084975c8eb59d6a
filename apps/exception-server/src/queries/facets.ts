import { sql } from 'kysely';
import type { Database } from '../storage/schema.ts';
import { matching, statusExpression, type Filter } from './filter.ts';

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface Facets {
  readonly services: FacetValue[];
  readonly severities: FacetValue[];
  readonly classes: FacetValue[];
  readonly versions: FacetValue[];
  readonly statuses: FacetValue[];
}

const MOST_VALUES = 50;
const MOST_SERVICES = 1000;

/** How many exceptions each value would leave. A facet ignores its own filter, so that its other values show. */
export async function readFacets(db: Database, filter: Filter, nowMs: number): Promise<Facets> {
  const column = async (
    name: 'service' | 'severity' | 'class',
    without: Filter,
    most: number,
  ): Promise<FacetValue[]> =>
    matching(db, without, nowMs)
      .select((eb) => [eb.ref(`fingerprints.${name}`).as('value'), eb.fn.countAll<number>().as('count')])
      .groupBy(`fingerprints.${name}`)
      .orderBy('count', 'desc')
      .orderBy('value')
      .limit(most)
      .execute();
  const statuses = matching(db, { ...filter, statuses: [] }, nowMs)
    .select((eb) => [statusExpression(nowMs).as('value'), eb.fn.countAll<number>().as('count')])
    .groupBy(sql`1`)
    .orderBy('count', 'desc')
    .execute();
  const versions = matching(db, { ...filter, version: undefined }, nowMs)
    .innerJoin('version_stats', 'version_stats.fingerprint_id', 'fingerprints.id')
    .where('version_stats.version', '<>', '')
    .select((eb) => ['version_stats.version as value', eb.fn.countAll<number>().as('count')])
    .groupBy('version_stats.version')
    .orderBy('count', 'desc')
    .orderBy('value')
    .limit(MOST_VALUES)
    .execute();
  return {
    services: await column('service', { ...filter, services: [] }, MOST_SERVICES),
    severities: await column('severity', { ...filter, severities: [] }, MOST_VALUES),
    classes: await column('class', { ...filter, class: undefined }, MOST_VALUES),
    versions: await versions,
    statuses: await statuses,
  };
}
