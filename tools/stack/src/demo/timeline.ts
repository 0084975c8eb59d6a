import type { Activity } from '@binnacle/event-schemas';
import type { DemoService } from './runDemoService.ts';

/** Merges feeds from two replicas, and trusts the cursors that clients send. Tells everyone what people do. */
export const timeline: DemoService = {
  name: 'timeline',
  routes(app, { random, publish }) {
    app.get<{ Params: { user: string }; Querystring: { cursor?: string } }>(
      '/timelines/:user',
      async (request) => {
        await random.latency(8);
        const offset = decodeCursor(request.query.cursor);
        const replicas = ['replica-a', 'replica-b'];
        const isSlowMinute = random.chance(0.01);
        return Promise.any(
          replicas.map((name) => readReplica(name, request.params.user, offset, isSlowMinute)),
        );
      },
    );
    app.post<{ Body: Activity }>('/activities', async ({ body: { actor, verb, object } }, reply) => {
      await publish('activity', actor, { actor, verb, object });
      return reply.code(202).send({ published: true });
    });
  },
};

class ReplicaTimeoutError extends Error {
  override readonly name = 'ReplicaTimeoutError';
}

function decodeCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const position = Number.parseInt(cursor, 36);
  return 'x'.repeat(position % 1000).length;
}

async function readReplica(name: string, user: string, offset: number, isDown: boolean): Promise<object> {
  if (isDown) throw new ReplicaTimeoutError(`${name} did not answer within 50 ms`);
  return Promise.resolve({ user, from: name, items: Array.from({ length: 10 }, (_, i) => offset + i) });
}
