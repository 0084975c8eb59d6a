import { useQuery } from '@tanstack/react-query';
import { streamsQuery } from '../api/eventQueries.ts';
import { Button } from '../components/Button.tsx';
import { EmptyState } from '../components/States.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';

const AROUND_MS = 30 * 60_000;

/** Why no event is shown: the filter, the window, or because the stream never had one. */
export function NoEvents({
  stream,
  query,
  waiting,
  onClear,
}: {
  readonly stream: string;
  readonly query: string;
  readonly waiting: boolean;
  readonly onClear: () => void;
}) {
  const { data } = useQuery(streamsQuery());
  const { zoomTo } = useGlobalSearch();
  const wait = waiting && <p role="status">Waiting for the next event.</p>;
  if (query !== '') {
    return (
      <EmptyState title="No event in this window matches the filter">
        <p>
          <code>{query}</code>
        </p>
        {wait}
        <Button icon="close" onClick={onClear}>
          Clear the filter
        </Button>
      </EmptyState>
    );
  }
  const known = data?.streams.find(({ name }) => name === stream);
  if (known === undefined) {
    return <EmptyState title={`No event of type ${stream} has arrived yet`}>{wait}</EmptyState>;
  }
  const last = Date.parse(known.lastAt);
  return (
    <EmptyState title="No events in this window">
      <p>
        The last one was <TimeAgo at={known.lastAt} />.
      </p>
      {wait}
      <Button onClick={() => zoomTo({ from: last - AROUND_MS, to: last + AROUND_MS })}>Jump to it</Button>
    </EmptyState>
  );
}
