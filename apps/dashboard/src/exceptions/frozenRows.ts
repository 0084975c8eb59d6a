import type { ExceptionSummary } from '../api/types.ts';

/** A row of the list and when its facts were fetched. */
export interface Row {
  readonly item: ExceptionSummary;
  readonly fetchedAt: number;
}

/**
 * The rows as a person reads them. A refresh in the background updates rows in place, keeps those that left the answer,
 * and holds new ones back, so nothing moves under the eye; only what the person asks for starts afresh.
 */
export interface FrozenRows {
  readonly resetKey: string;
  readonly fetchedAt: number;
  readonly pageCount: number;
  /** False until an answer has settled after a reset; until then the rows follow the answers. */
  readonly frozen: boolean;
  readonly rows: readonly Row[];
  /** Ids of the exceptions of the newest answer that are not among the rows. */
  readonly heldBack: readonly string[];
}

export interface Answer {
  readonly items: readonly ExceptionSummary[];
  readonly fetchedAt: number;
  readonly pageCount: number;
  /** No fresher answer is on its way. */
  readonly settled: boolean;
}

export const NO_ROWS: FrozenRows = {
  resetKey: '',
  fetchedAt: 0,
  pageCount: 0,
  frozen: false,
  rows: [],
  heldBack: [],
};

/** The next rows after an answer; `before` itself when nothing changes. A new `resetKey` starts afresh. */
export function advanceRows(before: FrozenRows, resetKey: string, answer: Answer): FrozenRows {
  if (before.resetKey !== resetKey) return follow(resetKey, answer);
  if (!before.frozen) {
    return before.fetchedAt === answer.fetchedAt && !answer.settled ? before : follow(resetKey, answer);
  }
  if (answer.fetchedAt === before.fetchedAt && answer.pageCount === before.pageCount) return before;

  const latest = new Map(answer.items.map((item) => [item.id, item]));
  const rows: Row[] = before.rows.map((row) => {
    const item = latest.get(row.item.id);
    latest.delete(row.item.id);
    return item === undefined ? row : { item, fetchedAt: answer.fetchedAt };
  });
  const morePages = answer.pageCount > before.pageCount;
  if (morePages) rows.push(...[...latest.values()].map((item) => ({ item, fetchedAt: answer.fetchedAt })));
  return {
    ...before,
    fetchedAt: answer.fetchedAt,
    pageCount: answer.pageCount,
    rows,
    heldBack: morePages ? [] : [...latest.keys()],
  };
}

function follow(resetKey: string, answer: Answer): FrozenRows {
  return {
    resetKey,
    fetchedAt: answer.fetchedAt,
    pageCount: answer.pageCount,
    frozen: answer.settled,
    rows: answer.items.map((item) => ({ item, fetchedAt: answer.fetchedAt })),
    heldBack: [],
  };
}
