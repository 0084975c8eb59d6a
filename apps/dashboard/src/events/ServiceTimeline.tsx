import { Link } from '@tanstack/react-router';
import type { StoredEvent } from '../api/eventTypes.ts';
import { TimeAxisScope } from '../charts/TimeAxis.tsx';
import { Panel } from '../components/Panel.tsx';
import { QueryView } from '../components/States.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { useHasEvents } from '../shell/useNavigation.ts';
import { plural } from '../time/format.ts';
import { EventMarks } from './EventMarks.tsx';
import { EventTable } from './EventTable.tsx';
import { LANES } from './platformEvents.ts';
import styles from './ServiceTimeline.module.css';
import { rowOfEvent } from './tableRows.ts';
import { usePlatformEvents } from './usePlatformEvents.ts';

const SHOWN = 6;

/** Deploys, alerts, exceptions and targets of a service on one time axis; what happens appears at once. */
export function ServiceTimeline({ service }: { readonly service: string }) {
  return useHasEvents() ? (
    <div className={styles['place']}>
      <Timeline service={service} />
    </div>
  ) : null;
}

function Timeline({ service }: { readonly service: string }) {
  const { window, zone } = useGlobalSearch();
  const { options, query } = usePlatformEvents(service);
  return (
    <Panel
      title="Timeline"
      flush
      aside={
        <Link to="/events/timeline" search={{ key: [`service:${service}`] }}>
          All events of {service}
        </Link>
      }
    >
      <QueryView query={query} queryKeys={[options.queryKey]} what="the timeline" rows={4}>
        {({ events, isCut, range }) => (
          <TimeAxisScope range={range} zone={zone} ticks={8}>
            <EventMarks
              label={`Timeline of ${service}`}
              lanes={LANES.map(({ name, types }) => ({ name, events: ofTypes(events, types) }))}
            />
            {isCut && (
              <p className={styles['cut']}>
                ▲ Only the newest {plural(events.length, 'event')} of this window are drawn.
              </p>
            )}
            {events.length === 0 ? (
              <p className={styles['none']}>
                No deploy, alert, new exception or change of a target {window.to === 'now' ? 'yet ' : ''}in
                this window.
              </p>
            ) : (
              <EventTable rows={events.slice(0, SHOWN).map(rowOfEvent)} label="Newest events" />
            )}
          </TimeAxisScope>
        )}
      </QueryView>
    </Panel>
  );
}

function ofTypes(events: readonly StoredEvent[], types: readonly string[]): StoredEvent[] {
  return events.filter(({ event }) => types.includes(event.type));
}
