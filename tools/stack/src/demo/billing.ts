import { strict as assert } from 'node:assert';
import type { DemoService } from './runDemoService.ts';

/** Charges cards. Declined cards are ordinary; amounts that are not whole cents are a bug. */
export const billing: DemoService = {
  name: 'billing',
  routes(app, { exceptions, random }) {
    app.post<{ Body: { amount: number; customer?: { card: string } } }>(
      '/charges',
      async (request, reply) => {
        await random.latency(30);
        const { amount, customer } = request.body;
        assert.equal(amount % 1, 0, `amount must be whole cents, found ${amount}`);
        const card = customer!.card;
        if (random.chance(0.05)) {
          exceptions.report(new CardDeclinedError(`card ending in ${card.slice(-4)} was declined`), {
            severity: 'info',
          });
          return reply.code(402).send({ error: 'declined' });
        }
        return { charged: amount };
      },
    );
  },
};

class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
}
