import { Link } from '@tanstack/react-router';
import { Tabs } from 'radix-ui';
import { useState } from 'react';
import type { StoredEvent } from '../api/eventTypes.ts';
import { Button } from '../components/Button.tsx';
import { CopyButton } from '../components/CopyButton.tsx';
import tabs from '../components/tabs.module.css';
import { Instant } from '../components/Time.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount } from '../time/format.ts';
import styles from './EventDrawer.module.css';
import { EventLinks } from './EventLinks.tsx';
import { flattenData } from './eventText.ts';

const ENVELOPE = new Set(['data', 'data_base64']);
/** More than this is drawn only when asked for. */
const SHOWN_CHARACTERS = 64_000;
const SHOWN_LINES = 300;

/** An event as fields and as JSON, with links to what it is about. */
export function EventDetail({ stored, stream }: { readonly stored: StoredEvent; readonly stream: string }) {
  const { event, offset, receivedAt, bytes } = stored;
  const { zone } = useGlobalSearch();
  const raw = JSON.stringify(event, null, 2);
  const lines = flattenData(event.data);
  const attributes = Object.entries(event).filter(([name]) => !ENVELOPE.has(name));
  return (
    <div className={styles['body']}>
      {event.type !== stream && (
        <p className={styles['note']}>
          Of another stream:{' '}
          <Link to="/events/$stream" params={{ stream: event.type }} search={{ sel: offset }}>
            {event.type}
          </Link>
        </p>
      )}
      <EventLinks stored={stored} />
      <Tabs.Root defaultValue="formatted">
        <Tabs.List className={tabs['list']} aria-label="Event as">
          <Tabs.Trigger className={tabs['tab']} value="formatted">
            Formatted
          </Tabs.Trigger>
          <Tabs.Trigger className={tabs['tab']} value="raw">
            Raw
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content
          value="formatted"
          className={`${tabs['content']} ${styles['body']}`}
          style={{ padding: 0 }}
        >
          <h3>Data</h3>
          {lines.length === 0 ? (
            <p className={styles['note']}>The event carries no data.</p>
          ) : (
            <FieldList lines={lines.slice(0, SHOWN_LINES)} />
          )}
          {lines.length > SHOWN_LINES && (
            <p className={styles['note']}>
              {formatCount(lines.length - SHOWN_LINES)} more fields stand under Raw.
            </p>
          )}
          <h3>Envelope</h3>
          <FieldList lines={attributes.map(([path, value]) => ({ path, value: String(value) }))} />
          <p className={styles['note']}>
            Received <Instant at={receivedAt} zone={zone} /> · {formatCount(bytes)} bytes
          </p>
        </Tabs.Content>
        <Tabs.Content value="raw" className={tabs['content']}>
          <Raw text={raw} />
        </Tabs.Content>
      </Tabs.Root>
      <div className={styles['buttons']}>
        <CopyButton label="Copy JSON" text={raw} />
        <CopyButton label="Copy link" text={() => linkTo(event.type, offset)} />
      </div>
    </div>
  );
}

function FieldList({ lines }: { readonly lines: readonly { path: string; value: string }[] }) {
  return (
    <dl className={styles['list']}>
      {lines.map(({ path, value }) => (
        <div key={path}>
          <dt>{path || '(value)'}</dt>
          <dd>{value.slice(0, SHOWN_CHARACTERS)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Raw({ text }: { readonly text: string }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && text.length > SHOWN_CHARACTERS;
  return (
    <>
      <pre className={styles['raw']} tabIndex={0} aria-label="Raw JSON">
        {isCut ? text.slice(0, SHOWN_CHARACTERS) : text}
      </pre>
      {isCut && (
        <Button look="quiet" onClick={() => setWhole(true)}>
          Show all {formatCount(text.length)} characters
        </Button>
      )}
    </>
  );
}

function linkTo(stream: string, offset: number): string {
  return new URL(`events/${encodeURIComponent(stream)}?sel=${offset}`, document.baseURI).href;
}
