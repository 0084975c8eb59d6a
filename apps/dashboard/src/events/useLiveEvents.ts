import { useEffect, useEffectEvent, useState } from 'react';

export type TailState = 'off' | 'connecting' | 'live' | 'lost';

/** What comes within this time is handed on together. */
const GATHER_MS = 80;
const RETRY_MS = 2_000;
/** More than this at once waits in the server's log, not here. */
const MOST_GATHERED = 5_000;

/**
 * Listens to a stream of server-sent events named `name` while `url` is given, and hands on what came, gathered. A
 * connection that breaks is opened again where it was (`Last-Event-ID`, by the browser).
 */
export function useLiveEvents<T>(
  url: string | null,
  name: string,
  onEvents: (events: readonly T[]) => void,
): TailState {
  const [state, setState] = useState<Exclude<TailState, 'off'>>('connecting');
  const deliver = useEffectEvent(onEvents);
  useEffect(() => {
    if (url === null) return undefined;
    let source: EventSource;
    let gathered: T[] = [];
    let flushing: ReturnType<typeof setTimeout> | undefined;
    let retrying: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      flushing = undefined;
      const events = gathered;
      gathered = [];
      deliver(events);
    };
    const connect = (): void => {
      source = new EventSource(url);
      source.addEventListener('open', () => setState('live'));
      source.addEventListener(name, (event: MessageEvent<string>) => {
        gathered.push(JSON.parse(event.data) as T);
        if (gathered.length >= MOST_GATHERED) {
          clearTimeout(flushing);
          flush();
        } else flushing ??= setTimeout(flush, GATHER_MS);
      });
      source.addEventListener('error', () => {
        setState('lost');
        // The browser retries a broken connection by itself, but not after an answer that is no stream.
        if (source.readyState === EventSource.CLOSED) retrying = setTimeout(connect, RETRY_MS);
      });
    };
    connect();
    return () => {
      clearTimeout(flushing);
      clearTimeout(retrying);
      source.close();
      if (gathered.length > 0) deliver(gathered);
      setState('connecting');
    };
  }, [url, name]);
  return url === null ? 'off' : state;
}
