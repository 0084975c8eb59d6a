import { HttpError } from '../errors.ts';
import type { ServiceApp } from '../serviceDefinition.ts';
import { lifecycleRoutes, type LifecycleTarget } from './lifecycleRoutes.ts';

export interface RoutesOptions {
  /** Prefix of every route, as `/a/b`; empty for none. */
  readonly prefix: string;
  readonly lifecycle: LifecycleTarget;
  /** False: the service's own routes answer 503. */
  readonly isServing: () => boolean;
  /** Adds the service's own routes. */
  readonly registerService: (app: ServiceApp) => void | Promise<void>;
}

/** The routes of the server's course and of the service, under the prefix. */
export async function registerRoutes(app: ServiceApp, options: RoutesOptions): Promise<void> {
  const { prefix, lifecycle, isServing, registerService } = options;
  if (prefix !== '') app.get('/', async (_request, reply) => reply.redirect(`${prefix}/`));
  await app.register(
    async (scope: ServiceApp) => {
      lifecycleRoutes(scope, lifecycle);
      await scope.register(async (own: ServiceApp) => {
        own.addHook('onRequest', (request, _reply, done) => {
          if (isServing() || request.routeOptions.config.answersWhileStarting === true) done();
          else
            done(new HttpError(503, 'NOT_READY', `${lifecycle.name} is not ready: ${lifecycle.notReady()}`));
        });
        await registerService(own);
      });
    },
    { prefix },
  );
  await app.ready();
}
