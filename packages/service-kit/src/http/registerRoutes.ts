import { HttpError } from '../errors.ts';
import type { ServiceApp } from '../serviceDefinition.ts';
import type { Telemetry } from '../telemetry.ts';
import { lifecycleRoutes, type LifecycleTarget } from './lifecycleRoutes.ts';

export interface RoutesOptions {
  /** Prefix of every route, as `/a/b`; empty for none. */
  readonly prefix: string;
  readonly lifecycle: LifecycleTarget;
  readonly telemetry: Telemetry;
  readonly exceptionsPath: string;
  /** False: the service's own routes answer 503. */
  readonly isServing: () => boolean;
  /** Adds the service's own routes. */
  readonly registerService: (app: ServiceApp) => void | Promise<void>;
}

/** Every route under the prefix: the kit's, own metrics and exceptions, and the service's. */
export async function registerRoutes(app: ServiceApp, options: RoutesOptions): Promise<void> {
  const { prefix, lifecycle, telemetry, exceptionsPath, isServing, registerService } = options;
  if (prefix !== '') app.get('/', async (_request, reply) => reply.redirect(`${prefix}/`));
  await app.register(
    async (scope: ServiceApp) => {
      lifecycleRoutes(scope, lifecycle);
      await telemetry.register(scope, exceptionsPath);
      await scope.register(async (own: ServiceApp) => {
        own.addHook('onRequest', async () => {
          if (isServing()) return;
          throw new HttpError(503, 'NOT_READY', `${lifecycle.name} is not ready: ${lifecycle.notReady()}`);
        });
        await registerService(own);
      });
    },
    { prefix },
  );
  await app.ready();
}
