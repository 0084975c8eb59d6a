import { useQuery } from '@tanstack/react-query';
import { eventQuery } from '../api/eventQueries.ts';
import { Button } from '../components/Button.tsx';
import { QueryView } from '../components/States.tsx';
import { EventDetail } from './EventDetail.tsx';
import styles from './EventDrawer.module.css';

/** One event beside the log; over it where there is no room. */
export function EventDrawer({
  offset,
  stream,
  onClose,
}: {
  readonly offset: number;
  readonly stream: string;
  readonly onClose: () => void;
}) {
  const options = eventQuery(offset);
  const query = useQuery(options);
  return (
    <aside className={styles['drawer']} aria-label="Event">
      <header className={styles['head']}>
        <h2>
          Event <span className="mono">#{offset}</span>
        </h2>
        <Button
          look="quiet"
          icon="close"
          aria-label="Close the event"
          title="Close (Esc)"
          onClick={onClose}
        />
      </header>
      <QueryView query={query} queryKeys={[options.queryKey]} what="the event" rows={8}>
        {(stored) => <EventDetail key={offset} stored={stored} stream={stream} />}
      </QueryView>
    </aside>
  );
}
