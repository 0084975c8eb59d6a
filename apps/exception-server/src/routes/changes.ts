import type { ServerResponse } from 'node:http';
import { NO_REQUEST_TIMEOUT, type ServiceApp } from '@binnacle/service-kit';
import { ExceptionServerError } from '../errors.ts';
import type { NumberedChange } from '../lifecycle/changes.ts';
import type { Dependencies } from './dependencies.ts';

const HEARTBEAT_MS = 15_000;
const MAX_FOLLOWERS = 500;

/** Bytes a slow follower may have waiting before it is cut; it comes back with its cursor. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** Changes as they happen, as server-sent events. A follower that comes back gets what it missed. */
export function changeRoutes(app: ServiceApp, { feed, metrics, shutdownSignal }: Dependencies): void {
  app.get(
    '/api/v1/changes',
    {
      handlerTimeout: NO_REQUEST_TIMEOUT,
      schema: {
        summary: 'Follow changes (server-sent events)',
        description:
          'Events `exception`; the id of each is the cursor that Last-Event-ID resumes from. An event `reset` says ' +
          'that changes since that cursor are gone: read the lists anew.',
        produces: ['text/event-stream'],
      },
    },
    (request, reply) => {
      if (feed.listenerCount >= MAX_FOLLOWERS) {
        throw new ExceptionServerError(
          'EXCEPTIONS_TOO_MANY_STREAMS',
          `${MAX_FOLLOWERS} clients follow already; try again later`,
        );
      }
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      response.write(`retry: 2000\nid: ${feed.cursor}\n: following\n\n`);
      const cursor = request.headers['last-event-id'];
      if (typeof cursor === 'string' && cursor !== '') resume(response, feed.since(cursor), feed.cursor);

      const send = (text: string): void => {
        if (response.writableLength > MAX_BUFFERED_BYTES) {
          metrics.onFollowerCut();
          end();
          response.destroy();
        } else {
          response.write(text);
        }
      };
      const unsubscribe = feed.subscribe((change) => send(format(change)));
      const heartbeat = setInterval(() => send(': still here\n\n'), HEARTBEAT_MS);
      const end = (): void => {
        clearInterval(heartbeat);
        unsubscribe();
      };
      const stop = (): void => void response.end();
      shutdownSignal.addEventListener('abort', stop, { once: true });
      response.once('close', () => {
        end();
        shutdownSignal.removeEventListener('abort', stop);
      });
      if (shutdownSignal.aborted) stop();
    },
  );
}

function resume(
  response: ServerResponse,
  missed: readonly NumberedChange[] | undefined,
  cursor: string,
): void {
  if (missed === undefined) response.write(`id: ${cursor}\nevent: reset\ndata: {}\n\n`);
  else for (const change of missed) response.write(format(change));
}

function format({ cursor, change }: NumberedChange): string {
  return `id: ${cursor}\nevent: exception\ndata: ${JSON.stringify(change)}\n\n`;
}
