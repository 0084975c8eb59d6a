import { useQuery } from '@tanstack/react-query';
import { useEffect, useReducer, useRef, useState } from 'react';
import { readEvents } from '../api/eventApi.ts';
import { firstPageQuery, PAGE_SIZE, type LogQuestion } from '../api/eventQueries.ts';
import type { EventPage, StoredEvent } from '../api/eventTypes.ts';
import { startRows, withLive, withNewer, withOlder, type LogRows } from './logRows.ts';

type First = { readonly page: EventPage; readonly selection: object };

interface Held {
  /** The first page that the rows grew from. */
  readonly first: First | null;
  readonly rows: LogRows | null;
}

type Action =
  | { readonly type: 'start'; readonly first: First; readonly order: 'asc' | 'desc' }
  | { readonly type: 'older' | 'newer'; readonly first: First; readonly page: EventPage }
  | { readonly type: 'live'; readonly events: readonly StoredEvent[]; readonly keepTop: boolean };

/** The rows of a stream: a first page, grown upwards and downwards as one reads, and by what comes live. */
export function useEventLog(question: LogQuestion) {
  const options = firstPageQuery(question);
  const query = useQuery(options);
  const [{ first, rows }, dispatch] = useReducer(reduce, { first: null, rows: null });
  const [failure, setFailure] = useState<{ readonly error: Error; readonly end: 'older' | 'newer' } | null>(
    null,
  );
  const fetching = useRef(false);
  const order = question.seek.kind === 'newest' ? 'desc' : 'asc';
  const data = query.isPlaceholderData ? undefined : query.data;
  useEffect(() => {
    if (data !== undefined) dispatch({ type: 'start', first: data, order });
  }, [data, order]);

  const grow = async (type: 'older' | 'newer'): Promise<void> => {
    const bound = type === 'older' ? rows?.before : rows?.after;
    if (bound === null || bound === undefined || query.data === undefined || query.data !== first) return;
    if (fetching.current) return;
    fetching.current = true;
    try {
      const place =
        type === 'older'
          ? ({ before: bound, order: 'desc' } as const)
          : ({ after: bound, order: 'asc' } as const);
      const page = await readEvents({ ...query.data.selection, ...place, limit: PAGE_SIZE });
      dispatch({ type, first: query.data, page });
      setFailure(null);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setFailure({ error, end: type });
    } finally {
      fetching.current = false;
    }
  };
  return {
    query: { ...query, data: rows ?? undefined, isPlaceholderData: query.isPlaceholderData },
    queryKey: options.queryKey,
    selection: query.data?.selection,
    /** True when `rows` answer the question asked now. */
    isCurrent: data !== undefined && data === first,
    /** Changes when the rows are other rows, not more of them. */
    generation: first,
    /** Why the last page above or below could not be read. */
    failure: failure?.error ?? null,
    grow,
    retry: (): void => {
      if (failure !== null) void grow(failure.end);
    },
    addLive: (events: readonly StoredEvent[], keepTop: boolean): void =>
      dispatch({ type: 'live', events, keepTop }),
  };
}

function reduce(held: Held, action: Action): Held {
  if (action.type === 'start') {
    return { first: action.first, rows: startRows(action.first.page, action.order, PAGE_SIZE) };
  }
  if (held.rows === null) return held;
  if (action.type === 'live') return { ...held, rows: withLive(held.rows, action.events, action.keepTop) };
  if (action.first !== held.first) return held;
  const rows =
    action.type === 'older'
      ? withOlder(held.rows, action.page)
      : withNewer(held.rows, action.page, PAGE_SIZE);
  return { ...held, rows };
}
