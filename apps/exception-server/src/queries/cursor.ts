import { ExceptionServerError } from '../errors.ts';

/** Where a page of a sorted list ended: the last row's sort value and id. Opaque to clients. */
export interface Cursor {
  readonly value: number;
  readonly id: number;
}

export function encodeCursor(sort: string, { value, id }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
}

/** Throws EXCEPTIONS_BAD_CURSOR for what is no cursor, or belongs to another order. */
export function decodeCursor(text: string, sort: string): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  const [cursorSort, value, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (typeof value !== 'number' || typeof id !== 'number') {
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_CURSOR',
      'cursor: expected the nextCursor of the page before',
    );
  }
  if (cursorSort !== sort) {
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_CURSOR',
      `cursor: it belongs to sort=${String(cursorSort)}, not to sort=${sort}; begin again without a cursor`,
    );
  }
  return { value, id };
}
