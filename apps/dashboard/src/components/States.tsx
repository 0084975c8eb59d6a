import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { ApiError } from '../api/http.ts';
import { shellQuote } from '../exceptions/curl.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatClock, formatDurationMs } from '../time/format.ts';
import { Button } from './Button.tsx';
import { CopyButton } from './CopyButton.tsx';
import { StatusGlyph } from './StatusGlyph.tsx';
import styles from './States.module.css';

/** The part of a TanStack query that the states are drawn from. */
interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
  readonly isPlaceholderData: boolean;
  readonly dataUpdatedAt: number;
  readonly refetch: () => Promise<unknown>;
}

/**
 * Draws an answer in whatever state it is: a skeleton on the first load, the old answer dimmed while another one is
 * fetched, the error with Retry, and the old answer with its age when a refresh failed.
 */
export function QueryView<T>({
  query,
  queryKeys,
  what,
  rows = 6,
  children,
}: {
  readonly query: QueryState<T>;
  /** What Cancel cancels. */
  readonly queryKeys: readonly QueryKey[];
  /** What is being loaded, for the texts: "exceptions". */
  readonly what: string;
  readonly rows?: number;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error, isFetching, isPlaceholderData, dataUpdatedAt } = query;
  const retry = (): void => void query.refetch();
  if (data === undefined) {
    if (isFetching) return <Loading what={what} queryKeys={queryKeys} rows={rows} />;
    if (error !== null) return <ErrorState error={error} what={what} onRetry={retry} />;
    return (
      <div className={styles['state']} role="status">
        <p>Loading {what} was cancelled.</p>
        <Button icon="refresh" onClick={retry}>
          Retry
        </Button>
      </div>
    );
  }
  return (
    <>
      {error !== null && <StaleNote since={dataUpdatedAt} error={error} onRetry={retry} />}
      <div className={styles['content']} data-dimmed={isPlaceholderData}>
        {children(data)}
      </div>
    </>
  );
}

function StaleNote({
  since,
  error,
  onRetry,
}: {
  readonly since: number;
  readonly error: Error;
  readonly onRetry: () => void;
}) {
  const { zone } = useGlobalSearch();
  return (
    <div className={styles['stale']} role="status">
      <StatusGlyph tone="warn" />
      <span>
        As of {formatClock(since, zone)}. {error.message}
      </span>
      <Button look="quiet" onClick={onRetry}>
        Retry
      </Button>
    </div>
  );
}

/** A skeleton that shows itself after 150 ms, and the time and a way out from two seconds. */
export function Loading({
  what,
  queryKeys,
  rows,
}: {
  readonly what: string;
  readonly queryKeys: readonly QueryKey[];
  readonly rows: number;
}) {
  const client = useQueryClient();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const started = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - started) / 1000)), 500);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className={styles['loading']} aria-busy="true">
      <p className="visuallyHidden" role="status">
        Loading {what}
      </p>
      <div className={styles['skeleton']} aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <i key={index} style={{ width: `${88 - ((index * 37) % 41)}%` }} />
        ))}
      </div>
      {seconds >= 2 && (
        <div className={styles['waiting']}>
          <span className="mono">{seconds} s</span>
          <Button
            onClick={() =>
              queryKeys.forEach((queryKey) => void client.cancelQueries({ queryKey, exact: true }))
            }
          >
            Cancel
          </Button>
        </div>
      )}
    </div>
  );
}

/** What the server said, verbatim, and what can be done. */
export function ErrorState({
  error,
  what,
  onRetry,
}: {
  readonly error: Error;
  readonly what: string;
  readonly onRetry: () => void;
}) {
  const api = error instanceof ApiError ? error : null;
  return (
    <div className={styles['state']} role="alert">
      <p className={styles['headline']}>
        <StatusGlyph tone="error" />
        {what[0]!.toUpperCase() + what.slice(1)} could not be loaded
      </p>
      <pre className={styles['verbatim']}>{error.message}</pre>
      {api !== null && (
        <p className={styles['facts']}>
          {[
            api.status === null ? null : `status ${api.status}`,
            api.code,
            api.requestId === null ? null : `request ${api.requestId}`,
            `after ${formatDurationMs(api.durationMs)}`,
          ]
            .filter((fact) => fact !== null)
            .join(' · ')}
        </p>
      )}
      <div className={styles['buttons']}>
        <Button icon="refresh" onClick={onRetry}>
          Retry
        </Button>
        {api !== null && (
          <CopyButton
            label="Copy as curl"
            text={() => `curl ${shellQuote(new URL(api.url, document.baseURI).href)}`}
          />
        )}
      </div>
    </div>
  );
}

/** Nothing to show, and why. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles['state']}>
      <p className={styles['headline']}>{title}</p>
      {children}
    </div>
  );
}
