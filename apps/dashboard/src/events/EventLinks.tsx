import { Link } from '@tanstack/react-router';
import type { StoredEvent } from '../api/eventTypes.ts';
import { keyToSegment } from '../exceptions/keySegment.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatClock } from '../time/format.ts';
import styles from './EventDrawer.module.css';
import { dataText } from './eventText.ts';
import { timeOf } from './platformEvents.ts';

const AROUND_MS = 5 * 60_000;

/** From an event to what it is about: the exception, the service, what failed around it. Links name their window. */
export function EventLinks({ stored }: { readonly stored: StoredEvent }) {
  const { zone } = useGlobalSearch();
  const { event } = stored;
  const service = dataText(event, 'service');
  if (service === null) return null;
  const key = event.type.startsWith('exception.') ? dataText(event, 'key') : null;
  const at = timeOf(stored);
  const around = {
    from: new Date(at - AROUND_MS).toISOString(),
    to: new Date(at + AROUND_MS).toISOString(),
  };
  const clock = (ms: number): string => formatClock(ms, zone, false);
  return (
    <nav className={styles['links']} aria-label="What the event is about">
      {key !== null && (
        <Link to="/exceptions/$svc/$key" params={{ svc: service, key: keyToSegment(key) }}>
          Exception
        </Link>
      )}
      <Link to="/services/$svc" params={{ svc: service }}>
        Service {service}
      </Link>
      <Link to="/exceptions" search={{ ...around, q: `is:all service:${service}` }}>
        Exceptions {clock(at - AROUND_MS)}–{clock(at + AROUND_MS)}
      </Link>
      <Link to="/events/timeline" search={{ key: [`service:${service}`] }}>
        Timeline
      </Link>
    </nav>
  );
}
