import type { QueryKey } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { ErrorState, Loading } from '../components/States.tsx';
import { Button } from '../components/Button.tsx';
import { StatusGlyph } from '../components/StatusGlyph.tsx';
import styles from './Explore.module.css';

interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
  readonly refetch: () => Promise<unknown>;
}

/**
 * Draws the result of a query. While another one is fetched, after a mistake and after a cancel, the last good result
 * stays, dimmed, below what is to say.
 */
export function KeptView<T extends { readonly notes: readonly string[] }>({
  query,
  queryKey,
  onError,
  children,
}: {
  readonly query: QueryState<T>;
  readonly queryKey: QueryKey;
  /** Hears of the error that is shown, and null when there is none. */
  readonly onError: (error: Error | null) => void;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error, isFetching } = query;
  const [kept, setKept] = useState<T | undefined>(data);
  if (data !== undefined && data !== kept) setKept(data);
  const shown = data ?? kept;
  const failure = isFetching ? null : error;
  useEffect(() => {
    onError(failure);
    return () => onError(null);
  }, [failure, onError]);
  const retry = (): void => void query.refetch();
  return (
    <>
      {failure !== null && <ErrorState error={failure} what="the result" onRetry={retry} />}
      {data === undefined && failure === null && !isFetching && (
        <div className={styles['cancelled']} role="status">
          <p>The query was cancelled.</p>
          <Button icon="refresh" onClick={retry}>
            Retry
          </Button>
        </div>
      )}
      {shown === undefined ? (
        isFetching && <Loading what="the result" queryKeys={[queryKey]} rows={5} />
      ) : (
        <div
          className={styles['result']}
          data-dimmed={data === undefined || failure !== null}
          aria-busy={isFetching}
        >
          {data !== undefined && shown.notes.length > 0 && (
            <ul className={styles['notes']} aria-label="Remarks of the server">
              {shown.notes.map((note) => (
                <li key={note}>
                  <StatusGlyph tone="warn" /> {note}
                </li>
              ))}
            </ul>
          )}
          {children(shown)}
        </div>
      )}
    </>
  );
}
