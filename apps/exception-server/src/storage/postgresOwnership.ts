import type { Pool, PoolClient } from 'pg';
import { ExceptionServerError } from '../errors.ts';

/** Any constant will do, as long as every release uses the same. */
const ADVISORY_LOCK = 0x62696e6e;

/**
 * An advisory lock that one server holds on its database for as long as it runs. It ends with its connection, so
 * it is taken again when that broke.
 */
export class PostgresOwnership {
  readonly #pool: Pool;
  #connection: PoolClient | undefined;
  #taking: Promise<void> | undefined;
  #times = 0;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Throws EXCEPTIONS_UNREACHABLE or EXCEPTIONS_STORAGE_IN_USE. */
  static async take(pool: Pool): Promise<PostgresOwnership> {
    const ownership = new PostgresOwnership(pool);
    await ownership.ensure();
    return ownership;
  }

  /** How often it was taken: a new number says that another server may have written in between. */
  async ensure(): Promise<number> {
    if (this.#connection === undefined) {
      this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
      await this.#taking;
    }
    return this.#times;
  }

  async release(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.query('select pg_advisory_unlock_all()').catch(() => undefined); // a broken one has none
    connection?.release(true);
  }

  async #take(): Promise<void> {
    const connection = await this.#pool.connect().catch((cause: Error) => {
      throw new ExceptionServerError('EXCEPTIONS_UNREACHABLE', `cannot reach PostgreSQL: ${cause.message}`, {
        cause,
      });
    });
    connection.on('error', (error) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      connection.release(error);
    });
    const { rows } = await connection.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1) as locked',
      [ADVISORY_LOCK],
    );
    if (rows[0]?.locked !== true) {
      connection.release(true);
      throw new ExceptionServerError(
        'EXCEPTIONS_STORAGE_IN_USE',
        'another exception-server has this PostgreSQL database; give each its own',
      );
    }
    this.#connection = connection;
    this.#times++;
  }
}
