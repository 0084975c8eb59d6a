import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import { ExceptionServerError } from '../errors.ts';
import { migrate, type Database, type Schema } from './schema.ts';
import { nodeSqliteDialect } from './nodeSqlite.ts';

export interface Store {
  readonly db: Database;
  readonly kind: 'sqlite' | 'postgres';
  /** Names this database for good; a federating server knows it by this. */
  readonly serverUuid: string;
  close(): Promise<void>;
}

/**
 * Opens the store at `url` and creates its tables: `postgres://…`, `sqlite:` and `file:` URLs, `:memory:`, or
 * a path. One server owns a store; a second one is refused with EXCEPTIONS_STORAGE_IN_USE.
 */
export async function openStore(url: string): Promise<Store> {
  const { db, kind, release } = /^postgres(ql)?:/.test(url) ? await openPostgres(url) : openSqlite(url);
  try {
    await migrate(db, kind);
    const row = await db
      .selectFrom('meta')
      .select('value')
      .where('name', '=', 'server_uuid')
      .executeTakeFirstOrThrow();
    return { db, kind, serverUuid: row.value, close: release };
  } catch (error) {
    await release();
    throw error;
  }
}

type Opened = Pick<Store, 'db' | 'kind'> & { release(): Promise<void> };

function openSqlite(url: string): Opened {
  const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(sqlitePath(url)) });
  return { db, kind: 'sqlite', release: () => db.destroy() };
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

/** Any constant will do, as long as every release uses the same. */
const ADVISORY_LOCK = 0x62696e6e;

async function openPostgres(url: string): Promise<Opened> {
  const pool = new Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: numbersAsNumbers as typeof types.getTypeParser },
  });
  pool.on('error', () => undefined); // an idle connection that broke is replaced at the next query
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const release = async (): Promise<void> => {
    await lock.query('select pg_advisory_unlock_all()').catch(() => undefined); // a broken connection has none
    lock.release(true);
    await db.destroy();
  };
  const lock = await pool.connect().catch(async (cause: Error) => {
    await pool.end();
    throw new ExceptionServerError('EXCEPTIONS_UNREACHABLE', `cannot reach PostgreSQL: ${cause.message}`, {
      cause,
    });
  });
  lock.on('error', () => undefined);
  const { rows } = await lock.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    ADVISORY_LOCK,
  ]);
  if (rows[0]?.locked !== true) {
    await release();
    throw new ExceptionServerError(
      'EXCEPTIONS_STORAGE_IN_USE',
      'another exception-server has this PostgreSQL database; give each its own',
    );
  }
  return { db, kind: 'postgres', release };
}

const INT8 = 20;
const NUMERIC = 1700;

/** Counts and times stay below 2^53, so they are numbers here as they are from SQLite. */
function numbersAsNumbers(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return Number;
  return types.getTypeParser(oid, format as 'text');
}
