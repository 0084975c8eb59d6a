import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import { ExceptionServerError } from '../errors.ts';
import { migrate, type Database, type Schema } from './schema.ts';
import { nodeSqliteDialect } from './nodeSqlite.ts';
import { PostgresOwnership } from './postgresOwnership.ts';

export interface Store {
  readonly db: Database;
  readonly kind: 'sqlite' | 'postgres';
  /** Names this database for good; a federating server knows it by this. */
  readonly serverUuid: string;
  /**
   * A number that changes when this server may have lost the store for a while: what it knows must be read
   * again then. Throws EXCEPTIONS_STORAGE_IN_USE when another server has it now.
   */
  ownership(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens the store at `url` and creates its tables: `postgres://…`, `sqlite:` and `file:` URLs, `:memory:`, or
 * a path. One server owns a store; a second one is refused with EXCEPTIONS_STORAGE_IN_USE.
 */
export async function openStore(url: string): Promise<Store> {
  const { db, kind, release, ownership } = /^postgres(ql)?:/.test(url)
    ? await openPostgres(url)
    : openSqlite(url);
  try {
    await migrate(db, kind);
    const row = await db
      .selectFrom('meta')
      .select('value')
      .where('name', '=', 'server_uuid')
      .executeTakeFirstOrThrow();
    return { db, kind, serverUuid: row.value, ownership, close: release };
  } catch (error) {
    await release();
    throw error;
  }
}

type Opened = Pick<Store, 'db' | 'kind' | 'ownership'> & { release(): Promise<void> };

function openSqlite(url: string): Opened {
  const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(sqlitePath(url)) });
  return { db, kind: 'sqlite', release: () => db.destroy(), ownership: async () => 0 };
}

function sqlitePath(url: string): string {
  if (url === ':memory:' || url === 'sqlite::memory:') return ':memory:';
  if (url.startsWith('file://')) return fileURLToPath(url);
  if (url.startsWith('sqlite://')) return fileURLToPath(`file://${url.slice('sqlite://'.length)}`);
  const scheme = /^([a-z][a-z0-9+]+):/.exec(url)?.[1];
  if (scheme !== undefined && scheme !== 'sqlite' && scheme !== 'file') {
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_CONFIG',
      `storage url: expected postgres://…, sqlite:path or a path, found the scheme ${scheme}:`,
    );
  }
  return resolve(url.replace(/^(sqlite|file):/, ''));
}

async function openPostgres(url: string): Promise<Opened> {
  const pool = new Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: numbersAsNumbers as typeof types.getTypeParser },
  });
  pool.on('error', () => undefined); // an idle connection that broke is replaced at the next query
  try {
    const ownership = await PostgresOwnership.take(pool);
    const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
    const release = async (): Promise<void> => {
      await ownership.release();
      await db.destroy();
    };
    return { db, kind: 'postgres', release, ownership: () => ownership.ensure() };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

const INT8 = 20;
const NUMERIC = 1700;

/** Counts and times stay below 2^53, so they are numbers here as they are from SQLite. */
function numbersAsNumbers(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return Number;
  return types.getTypeParser(oid, format as 'text');
}
