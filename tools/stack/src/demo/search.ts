import type { DemoService } from './runDemoService.ts';

/** Parses filters that people type; a bad filter is the caller's mistake and only a warning here. */
export const search: DemoService = {
  name: 'search',
  routes(app, { exceptions, random }) {
    app.get<{ Querystring: { q: string; filter?: string } }>('/search', async (request, reply) => {
      await random.latency(20);
      const { q, filter } = request.query;
      try {
        return { q, filter: parseFilter(filter), hits: Math.floor(random.next() * 1000) };
      } catch (error) {
        const headers = request.headers as Record<string, string>;
        exceptions.report(error, { severity: 'warning', http: { method: 'GET', url: request.url, headers } });
        return reply.code(400).send({ error: 'bad filter' });
      }
    });
  },
};

class FilterError extends Error {
  override readonly name = 'FilterError';
}

function parseFilter(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FilterError(`the filter is not JSON: ${text.slice(0, 40)}`, { cause });
  }
}
