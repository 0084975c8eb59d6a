import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../api/queries.ts';
import { Button } from '../components/Button.tsx';
import { EmptyState } from '../components/States.tsx';
import { FirstSteps } from '../help/FirstSteps.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { plural } from '../time/format.ts';
import { parseFilter } from './filter.ts';

/** Why the list is empty: the filter hides everything, all is settled, or there never was an exception. */
export function EmptyList({
  query,
  service,
  onClear,
  onQuery,
}: {
  readonly query: string;
  readonly service: string | undefined;
  readonly onClear: () => void;
  readonly onQuery: (query: string) => void;
}) {
  const { window } = useGlobalSearch();
  const all = useQuery(overviewQuery(window));
  const tokens = parseFilter(query);
  const of = service === undefined ? '' : ` of ${service}`;
  if (tokens.length > 0) {
    return (
      <EmptyState title="Nothing matches the filter">
        <p>
          No exception{of} matches <code>{query}</code>.
        </p>
        <Button icon="close" onClick={onClear}>
          Clear the filter
        </Button>
      </EmptyState>
    );
  }
  const items = all.data?.items.filter((item) => service === undefined || item.service === service) ?? [];
  if (all.data !== undefined && items.length === 0) {
    return service === undefined ? (
      <FirstSteps />
    ) : (
      <EmptyState title={`${service} has never thrown an exception`} />
    );
  }
  const resolved = items.filter((item) => item.status === 'resolved').length;
  const muted = items.filter((item) => item.status === 'muted').length;
  return (
    <EmptyState title={`No open exceptions${of}`}>
      <p>Good news: nothing waits for anybody.</p>
      <div style={{ display: 'flex', gap: 8 }}>
        {resolved > 0 && (
          <Button onClick={() => onQuery('is:resolved')}>Show {plural(resolved, 'resolved one')}</Button>
        )}
        {muted > 0 && <Button onClick={() => onQuery('is:muted')}>Show {plural(muted, 'muted one')}</Button>}
      </div>
    </EmptyState>
  );
}
