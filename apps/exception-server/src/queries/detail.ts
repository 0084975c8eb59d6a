import type { StoredSample } from '../storage/writePlan.ts';
import type { ActivityRow, Database, SampleRow, VersionRow } from '../storage/schema.ts';
import type { Window } from './window.ts';

export interface Sample extends StoredSample {
  readonly uuid: string;
  readonly atMs: number;
  readonly instance: string;
  readonly version: string;
}

export interface InstanceTotals {
  readonly identity: string;
  readonly targetUuid: string;
  readonly instance: string;
  readonly total: number;
  readonly lastSeenMs: number;
}

/** Ids of one query; databases bound its parameters. */
const MOST_IDS = 500;

const MOST_INSTANCES = 500;
const MOST_VERSIONS = 200;
const MOST_ACTIVITY = 200;

/** Samples of some exceptions, newest first, at most `limit` each. */
export async function readSamples(
  db: Database,
  fingerprintIds: readonly number[],
  limit: number,
): Promise<Map<number, Sample[]>> {
  const samples = new Map<number, Sample[]>(fingerprintIds.map((id) => [id, []]));
  for (let start = 0; start < fingerprintIds.length; start += MOST_IDS) {
    const rows = await db
      .selectFrom('samples')
      .selectAll()
      .where('fingerprint_id', 'in', fingerprintIds.slice(start, start + MOST_IDS))
      .orderBy('fingerprint_id')
      .orderBy('at', 'desc')
      .orderBy('received', 'desc')
      .execute();
    for (const row of rows) {
      const list = samples.get(row.fingerprint_id)!;
      if (list.length < limit) list.push(sampleFromRow(row));
    }
  }
  return samples;
}

export async function readVersions(db: Database, fingerprintId: number): Promise<VersionRow[]> {
  return db
    .selectFrom('version_stats')
    .selectAll()
    .where('fingerprint_id', '=', fingerprintId)
    .orderBy('last_seen', 'desc')
    .limit(MOST_VERSIONS)
    .execute();
}

/** What each target contributed, most recent first. */
export async function readInstances(db: Database, fingerprintId: number): Promise<InstanceTotals[]> {
  return db
    .selectFrom('marks')
    .innerJoin('targets', 'targets.id', 'marks.target_id')
    .where('marks.fingerprint_id', '=', fingerprintId)
    .select([
      'targets.identity',
      'targets.target_uuid as targetUuid',
      'targets.instance',
      'marks.total',
      'marks.last_seen as lastSeenMs',
    ])
    .orderBy('marks.last_seen', 'desc')
    .limit(MOST_INSTANCES)
    .execute();
}

export async function readActivity(db: Database, fingerprintId: number): Promise<ActivityRow[]> {
  return db
    .selectFrom('activity')
    .selectAll()
    .where('fingerprint_id', '=', fingerprintId)
    .orderBy('id', 'desc')
    .limit(MOST_ACTIVITY)
    .execute();
}

/** Counts by bucket, one series per version or one in all. */
export async function readSeries(
  db: Database,
  fingerprintId: number,
  window: Window,
  byVersion: boolean,
): Promise<Map<string, number[]>> {
  const { from, to, stepSeconds, resolution } = window;
  const rows = await db
    .selectFrom('counts')
    .select(['bucket', 'version', 'count'])
    .where('fingerprint_id', '=', fingerprintId)
    .where('step', '=', resolution)
    .where('bucket', '>=', from)
    .where('bucket', '<', to)
    .execute();
  const series = new Map<string, number[]>();
  const seriesOf = (name: string): number[] => {
    let counts = series.get(name);
    if (counts === undefined)
      series.set(name, (counts = Array.from({ length: (to - from) / stepSeconds }, () => 0)));
    return counts;
  };
  if (!byVersion) seriesOf('');
  for (const { bucket, version, count } of rows) {
    seriesOf(byVersion ? version : '')[Math.floor((bucket - from) / stepSeconds)]! += count;
  }
  return series;
}

function sampleFromRow(row: SampleRow): Sample {
  return {
    ...(JSON.parse(row.body) as StoredSample),
    uuid: row.uuid,
    atMs: row.at,
    instance: row.instance,
    version: row.version,
  };
}
