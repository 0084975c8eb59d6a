import { CompiledQuery, type Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** How rows of one table are written by the hundred, and what happens to a row that is there already. */
export interface BulkTable<T extends keyof Schema> {
  readonly table: T;
  readonly columns: readonly (keyof Schema[T] & string)[];
  readonly conflict: readonly (keyof Schema[T] & string)[];
  /** Columns that take the new value; `add` columns take the sum. Neither: the old row stays. */
  readonly replace?: readonly (keyof Schema[T] & string)[];
  readonly add?: readonly (keyof Schema[T] & string)[];
}

/** PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const MAX_PARAMETERS = 16_000;

/**
 * Writes rows in as few statements as possible. The text of a statement depends on the table and a power of
 * two only, so that prepared statements are used again. No two rows may have the same key.
 */
export async function bulkWrite<T extends keyof Schema>(
  db: Kysely<Schema>,
  kind: 'sqlite' | 'postgres',
  table: BulkTable<T>,
  rows: readonly Schema[T][],
): Promise<void> {
  for (let start = 0; start < rows.length;) {
    const most = Math.min(rows.length - start, Math.floor(MAX_PARAMETERS / table.columns.length), 512);
    const size = 2 ** Math.floor(Math.log2(most));
    const parameters: unknown[] = [];
    for (let i = start; i < start + size; i++) {
      const row = rows[i]!;
      for (const column of table.columns) parameters.push(row[column]);
    }
    await db.executeQuery(CompiledQuery.raw(statement(kind, table, size), parameters));
    start += size;
  }
}

const statements = new WeakMap<object, Map<string, string>>();

function statement<T extends keyof Schema>(kind: string, table: BulkTable<T>, rows: number): string {
  let texts = statements.get(table);
  if (texts === undefined) statements.set(table, (texts = new Map()));
  const id = `${kind}${rows}`;
  let text = texts.get(id);
  if (text === undefined) texts.set(id, (text = buildStatement(kind, table, rows)));
  return text;
}

function buildStatement<T extends keyof Schema>(kind: string, table: BulkTable<T>, rows: number): string {
  const { columns, conflict, replace = [], add = [] } = table;
  let parameter = 0;
  const place = (): string => (kind === 'sqlite' ? '?' : `$${++parameter}`);
  const values = Array.from({ length: rows }, () => `(${columns.map(place).join(',')})`).join(',');
  const sets = [
    ...replace.map((column) => `"${column}" = excluded."${column}"`),
    ...add.map((column) => `"${column}" = ${table.table}."${column}" + excluded."${column}"`),
  ];
  const action = sets.length === 0 ? 'do nothing' : `do update set ${sets.join(', ')}`;
  return `insert into ${table.table} (${columns.map((c) => `"${c}"`).join(',')}) values ${values} on conflict (${conflict
    .map((c) => `"${c}"`)
    .join(',')}) ${action}`;
}
