import type { ServiceApp } from '@binnacle/service-kit';
import type { RouteHandlerMethod } from 'fastify';

const CONSTRAINT = 'acceptsPage';

/**
 * Sends the page for every path that nothing else answers, and for `/metrics` to browsers: the server's own metrics have
 * the same path, and who collects those does not accept `text/html`.
 */
export function routePages(app: ServiceApp, sendPage: RouteHandlerMethod): void {
  app.addConstraintStrategy({
    name: CONSTRAINT,
    storage: () => {
      const handlers = new Map<unknown, never>();
      return {
        get: (wanted) => handlers.get(wanted) ?? null,
        set: (wanted, handler) => void handlers.set(wanted, handler as never),
      };
    },
    validate: () => undefined,
    deriveConstraint: ({ headers }) => (headers.accept?.includes('text/html') === true ? 'yes' : undefined),
  });
  app.get('/metrics', { constraints: { [CONSTRAINT]: 'yes' } }, sendPage);
  app.get('/*', sendPage);
}
