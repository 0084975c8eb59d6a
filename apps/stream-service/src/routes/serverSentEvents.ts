import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from './dependencies.ts';

const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for this long is cut. */
const STALLED_MS = 10_000;

/** One client that listens. */
export interface LiveClient {
  /** Aborted when the client left or the server ends. */
  readonly signal: AbortSignal;
  /** Writes a frame. Resolves true when the client can take more, false when it was cut. */
  send(frame: string): Promise<boolean>;
  /** What the heartbeat carries, so that a client resumes where it was: `id: 7`. */
  position: string;
}

/**
 * Opens a stream of server-sent events and runs `produce` until it ends, the client leaves or the server shuts down.
 * Nothing is queued for a client beyond its socket: `produce` waits for it, and one that stalls gets `event: lagging`
 * and is cut.
 */
export function openEventStream(
  { clock, metrics, shutdownSignal }: Dependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  produce: (client: LiveClient) => Promise<void>,
): void {
  reply.hijack();
  const { raw } = reply;
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  raw.on('close', stop);
  raw.on('error', stop);
  shutdownSignal.addEventListener('abort', stop);
  metrics.liveClients.inc();

  const send = async (frame: string): Promise<boolean> => {
    if (ended.signal.aborted) return false;
    if (raw.write(frame) || (await drained(raw, ended.signal, clock))) return !ended.signal.aborted;
    metrics.liveCut.inc();
    raw.write(
      'event: lagging\ndata: {"message":"the client did not keep up; resume with Last-Event-ID"}\n\n',
    );
    stop();
    return false;
  };
  const client: LiveClient = { signal: ended.signal, send, position: '' };
  let cancelHeartbeat = (): void => undefined;
  const beat = (): void => {
    if (!raw.writableNeedDrain) raw.write(`${client.position}\n: heartbeat\n\n`);
    cancelHeartbeat = clock.setTimer(beat, HEARTBEAT_MS);
  };
  beat();

  produce(client)
    .catch((error: unknown) => request.log.error({ err: error }, 'a live stream failed'))
    .finally(() => {
      cancelHeartbeat();
      shutdownSignal.removeEventListener('abort', stop);
      metrics.liveClients.dec();
      stop();
      raw.end();
    });
}

/** Waits for the socket to take more; false when it does not in time. */
function drained(raw: ServerResponse, signal: AbortSignal, clock: Dependencies['clock']): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (ok: boolean): void => {
      cancel();
      raw.off('drain', onDrain);
      signal.removeEventListener('abort', onDrain);
      resolve(ok);
    };
    const onDrain = (): void => finish(true);
    const cancel = clock.setTimer(() => finish(false), STALLED_MS);
    raw.on('drain', onDrain);
    signal.addEventListener('abort', onDrain);
  });
}

/** Resolves when `subscribe` calls back or the signal aborts. */
export function nextChange(
  subscribe: (listener: () => void) => () => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const unsubscribe = subscribe(done);
    signal.addEventListener('abort', done);
  });
}
