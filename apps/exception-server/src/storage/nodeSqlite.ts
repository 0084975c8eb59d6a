import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { ExceptionServerError } from '../errors.ts';

/** Prepared statements kept; one shape of a bulk write or a list query each. */
const MAX_STATEMENTS = 256;

/**
 * A Kysely dialect over Node's own SQLite. The file is held with an exclusive lock: two servers over one file
 * would each count on their own. Throws EXCEPTIONS_STORAGE_IN_USE when another process has it.
 */
export function nodeSqliteDialect(path: string): SqliteDialect {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 1000 });
  try {
    // A lost tail of the log is harmless: totals and watermarks go back together, and targets are read again.
    database.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal;
      pragma cache_size = -65536; pragma temp_store = memory; pragma wal_autocheckpoint = 4000;
      begin immediate; commit;`);
  } catch (error) {
    database.close();
    throw new ExceptionServerError(
      'EXCEPTIONS_STORAGE_IN_USE',
      `cannot open ${path}: ${(error as Error).message}; is another exception-server running over it?`,
      { cause: error },
    );
  }
  return new SqliteDialect({ database: new CachedDatabase(database) });
}

/** What Kysely asks of a SQLite driver, with each statement prepared once. */
class CachedDatabase implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(text: string): SqliteStatement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) {
      this.#statements.delete(this.#statements.keys().next().value!);
    }
    const statement = asKyselyStatement(this.#database.prepare(text));
    this.#statements.set(text, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

function asKyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
