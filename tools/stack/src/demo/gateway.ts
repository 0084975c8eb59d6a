import type { DemoService } from './runDemoService.ts';

/** The edge: forwards to the others and fails when they fail. */
export const gateway: DemoService = {
  name: 'gateway',
  routes(app, { call, random }) {
    app.get<{ Params: { id: string } }>('/tracks/:id', (request) =>
      call('tracks', `/tracks/${request.params.id}`),
    );
    app.get<{ Params: { user: string }; Querystring: { cursor?: string } }>('/feed/:user', (request) => {
      const cursor = request.query.cursor === undefined ? '' : `?cursor=${request.query.cursor}`;
      return call('timeline', `/timelines/${request.params.user}${cursor}`);
    });
    app.get<{ Querystring: { q: string; filter?: string } }>('/search', (request) => {
      return call('search', `/search?${new URLSearchParams(request.query as Record<string, string>)}`);
    });
    app.post('/activities', (request) =>
      call('timeline', '/activities', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request.body),
      }),
    );
    app.post('/checkout', (request) => {
      if (random.chance(0.002)) throw new RangeError('Invalid time value');
      return call('billing', '/charges', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo-secret' },
        body: JSON.stringify(request.body),
      });
    });
  },
};
