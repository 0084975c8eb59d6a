import { sql, type Kysely } from 'kysely';
import { ExceptionServerError } from '../errors.ts';

/** Times are milliseconds since 1970 unless named otherwise; JSON is kept as text in both databases. */
export interface Schema {
  meta: { name: string; value: string };
  fingerprints: FingerprintRow;
  targets: TargetRow;
  marks: MarkRow;
  samples: SampleRow;
  version_stats: VersionRow;
  counts: CountRow;
  fingerprint_labels: LabelRow;
  activity: ActivityRow;
  undo: { token: string; expires_at: number; payload: string };
}

export type Database = Kysely<Schema>;

export interface FingerprintRow {
  id: number;
  public_id: string;
  service: string;
  key: string;
  class: string;
  message: string;
  search: string;
  severity: string;
  severity_rank: number;
  total: number;
  first_seen: number;
  last_seen: number;
  created_at: number;
  state: string;
  resolved_at: number | null;
  regression: string | null;
  mute: string | null;
  mute_until: number | null;
  labels: string;
  versions: string;
  samples: number;
}

export interface TargetRow {
  id: number;
  service: string;
  identity: string;
  target_uuid: string;
  url: string;
  instance: string;
  version: string;
  last_success: number;
  change: number;
}

export interface MarkRow {
  target_id: number;
  fingerprint_id: number;
  total: number;
  last_seen: number;
  lanes: string;
}

export interface SampleRow {
  fingerprint_id: number;
  uuid: string;
  at: number;
  received: number;
  instance: string;
  version: string;
  body: string;
}

export interface VersionRow {
  fingerprint_id: number;
  version: string;
  first_seen: number;
  last_seen: number;
  total: number;
}

export interface CountRow {
  step: number;
  bucket: number;
  fingerprint_id: number;
  version: string;
  count: number;
}

export interface LabelRow {
  fingerprint_id: number;
  name: string;
  value: string;
}

export interface ActivityRow {
  id: number;
  fingerprint_id: number;
  at: number;
  action: string;
  by: string;
  detail: string;
}

/** Raised by one with each change of the tables; a database from a newer release is refused. */
const SCHEMA_VERSION = 1;

/** Creates the tables where they are missing. Throws EXCEPTIONS_STORAGE_TOO_NEW. */
export async function migrate(db: Database, kind: 'sqlite' | 'postgres'): Promise<void> {
  await db.schema
    .createTable('meta')
    .ifNotExists()
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'schema').executeTakeFirst();
  if (row !== undefined && Number(row.value) > SCHEMA_VERSION) {
    throw new ExceptionServerError(
      'EXCEPTIONS_STORAGE_TOO_NEW',
      `the database has schema ${row.value}, this release knows ${SCHEMA_VERSION}; use the newer release or another database`,
    );
  }
  if (row !== undefined) return;
  await db.transaction().execute(async (trx) => {
    for (const statement of TABLES) await sql.raw(statement).execute(trx);
    for (const statement of KEYED_TABLES) {
      await sql.raw(kind === 'sqlite' ? `${statement} without rowid` : statement).execute(trx);
    }
    for (const statement of INDEXES) await sql.raw(statement).execute(trx);
    await trx
      .insertInto('meta')
      .values([
        { name: 'schema', value: String(SCHEMA_VERSION) },
        { name: 'server_uuid', value: crypto.randomUUID() },
      ])
      .execute();
  });
}

/** Plain SQL that both databases read. */
const TABLES = [
  `create table fingerprints (
    id bigint primary key, public_id text not null unique, service text not null, "key" text not null,
    "class" text not null, message text not null, search text not null, severity text not null,
    severity_rank integer not null, total bigint not null, first_seen bigint not null, last_seen bigint not null,
    created_at bigint not null, state text not null, resolved_at bigint, regression text, mute text,
    mute_until bigint, labels text not null, versions text not null, samples integer not null)`,
  `create table targets (
    id bigint primary key, service text not null, identity text not null, target_uuid text not null,
    url text not null, instance text not null, version text not null, last_success bigint not null,
    change bigint not null, unique (service, identity))`,
  `create table samples (
    fingerprint_id bigint not null, uuid text not null, at bigint not null, received bigint not null,
    instance text not null, version text not null, body text not null, primary key (fingerprint_id, uuid))`,
  `create table activity (
    id bigint primary key, fingerprint_id bigint not null, at bigint not null, action text not null,
    "by" text not null, detail text not null)`,
  'create table undo (token text primary key, expires_at bigint not null, payload text not null)',
];

/** Small rows that are found by their whole key; SQLite keeps them in the key's tree alone. */
const KEYED_TABLES = [
  `create table marks (
    target_id bigint not null, fingerprint_id bigint not null, total bigint not null, last_seen bigint not null,
    lanes text not null, primary key (target_id, fingerprint_id))`,
  `create table version_stats (
    fingerprint_id bigint not null, version text not null, first_seen bigint not null, last_seen bigint not null,
    total bigint not null, primary key (fingerprint_id, version))`,
  `create table counts (
    step integer not null, bucket bigint not null, fingerprint_id bigint not null, version text not null,
    count bigint not null, primary key (fingerprint_id, step, bucket, version))`,
  `create table fingerprint_labels (
    fingerprint_id bigint not null, name text not null, value text not null,
    primary key (fingerprint_id, name, value))`,
];

const INDEXES = [
  'create index fingerprints_last_seen on fingerprints (last_seen, id)',
  'create index fingerprints_service on fingerprints (service, last_seen, id)',
  'create index targets_change on targets (change)',
  'create index marks_fingerprint on marks (fingerprint_id)',
  'create index version_stats_version on version_stats (version)',
  'create index counts_bucket on counts (step, bucket)',
  'create index fingerprint_labels_value on fingerprint_labels (name, value)',
  'create index activity_fingerprint on activity (fingerprint_id, id)',
];
