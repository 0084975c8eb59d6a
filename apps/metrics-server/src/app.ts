import type { ServiceApp } from '@binnacle/service-kit';
import { queryPage } from './queryPage/queryPage.ts';
import { adminRoutes } from './routes/adminRoutes.ts';
import type { Dependencies } from './routes/dependencies.ts';
import { useEnvelope } from './routes/envelope.ts';
import { federateRoute } from './routes/federate.ts';
import { otlpRoute } from './routes/otlpRoute.ts';
import { pushRoutes } from './routes/pushRoutes.ts';
import { queryRoutes } from './routes/queryRoutes.ts';
import { remoteRoutes } from './routes/remoteRoutes.ts';
import { ruleRoutes } from './routes/ruleRoutes.ts';
import { seriesRoutes } from './routes/seriesRoutes.ts';
import { buildInfo, statusRoutes } from './routes/statusRoutes.ts';
import { targetRoutes } from './routes/targetRoutes.ts';
import { useCompression } from './routes/useCompression.ts';

/** Adds every route of the metrics-server to a Fastify application. */
export async function buildApp(app: ServiceApp, deps: Dependencies): Promise<void> {
  await app.register(
    async (scope: ServiceApp) => {
      useEnvelope(scope);
      useForms(scope);
      useCompression(scope);
      queryRoutes(scope, deps);
      seriesRoutes(scope, deps);
      targetRoutes(scope, deps);
      ruleRoutes(scope, deps);
      statusRoutes(scope, deps);
      adminRoutes(scope, deps);
    },
    { prefix: '/api/v1' },
  );
  await app.register(async (scope: ServiceApp) => remoteRoutes(scope, deps), { prefix: '/api/v1' });
  await app.register(async (scope: ServiceApp) => otlpRoute(scope, deps), { prefix: '/api/v1' });
  await app.register(async (scope: ServiceApp) => pushRoutes(scope, deps));
  await app.register(async (scope: ServiceApp) => {
    useCompression(scope);
    federateRoute(scope, deps);
  });
  app.get('/version', async () => buildInfo(deps.version));
  await app.register(async (scope: ServiceApp) => {
    useCompression(scope);
    queryPage(scope, deps);
  });
}

/** POST requests carry their parameters as a form. */
function useForms(scope: ServiceApp): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
}
