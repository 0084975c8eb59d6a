import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryEvents, type EventSelection } from '../log/queries.ts';
import type { Dependencies } from './dependencies.ts';
import { nextChange, openEventStream } from './serverSentEvents.ts';

const PAGE = 200;

export interface LiveOptions {
  readonly selection: EventSelection;
  /** The last offset that the client has; -1 for none. */
  readonly after: number;
}

/** Sends the selected events after an offset, then those that come. The log itself is the client's buffer. */
export function sendLive(
  deps: Dependencies,
  { selection, after }: LiveOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { log } = deps;
  openEventStream(deps, request, reply, async (client) => {
    let position = after;
    client.position = position < 0 ? '' : `id: ${position}`;
    while (!client.signal.aborted) {
      const query = { ...selection, order: 'asc', limit: PAGE } as const;
      const page = await queryEvents(log, position < 0 ? query : { ...query, after: position });
      for (const stored of page.events) {
        const frame = `id: ${stored.offset}\nevent: event\ndata: ${JSON.stringify(stored)}\n\n`;
        if (!(await client.send(frame))) return;
      }
      position = Math.max(position, page.nextAfter ?? -1);
      client.position = position < 0 ? '' : `id: ${position}`;
      if (position >= log.nextOffset - 1)
        await nextChange((listener) => log.onAppend(listener), client.signal);
    }
  });
}
