import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { metadataQuery, metricNamesQuery } from '../api/metricQueries.ts';
import { catalogOf, type CatalogEntry } from './catalog.ts';

/** The catalog, once both of its answers are there; in the shape of a query. */
export function useCatalog(): {
  readonly query: {
    readonly data: readonly CatalogEntry[] | undefined;
    readonly error: Error | null;
    readonly isFetching: boolean;
    readonly isPlaceholderData: boolean;
    readonly dataUpdatedAt: number;
    readonly refetch: () => Promise<unknown>;
  };
  readonly queryKey: readonly string[];
} {
  const options = metricNamesQuery();
  const names = useQuery(options);
  const metadata = useQuery(metadataQuery());
  const data = useMemo(
    () =>
      names.data === undefined || (metadata.data === undefined && metadata.error === null)
        ? undefined
        : catalogOf(names.data.data, metadata.data?.data ?? {}),
    [names.data, metadata.data, metadata.error],
  );
  return {
    query: {
      data,
      error: names.error ?? metadata.error,
      isFetching: names.isFetching || metadata.isFetching,
      isPlaceholderData: false,
      dataUpdatedAt: names.dataUpdatedAt,
      refetch: () => Promise.all([names.refetch(), metadata.refetch()]),
    },
    queryKey: options.queryKey,
  };
}
