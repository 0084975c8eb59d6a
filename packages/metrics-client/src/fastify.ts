import type { FastifyPluginCallback } from 'fastify';
import type { Metrics } from './createMetrics.ts';

export interface MetricsPluginOptions {
  readonly metrics: Metrics;
  /** Where the metrics are served; false for nowhere. `/metrics` by default. */
  readonly path?: string | false;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False keeps a route out of the HTTP metrics, for instance one that streams for hours. */
    metrics?: boolean;
  }
}

/** Fastify plugin: times every request by method, route and status class, and serves the metrics. */
export const metricsPlugin: FastifyPluginCallback<MetricsPluginOptions> = (app, options, done) => {
  const { metrics, path = '/metrics' } = options;
  app.addHook('onRequest', (request, reply, next) => {
    const { config, url } = request.routeOptions;
    if (config.metrics !== false) metrics.http.track(request.raw, reply.raw, () => url);
    next();
  });
  if (path !== false) {
    app.get(path, { schema: { hide: true } as object }, async (request, reply) => {
      const { headers, body } = await metrics.render(request.headers);
      return reply.headers(headers).send(body);
    });
  }
  done();
};

// What the package fastify-plugin sets: the hook above is for the whole application, not for this plugin's routes.
Object.assign(metricsPlugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@binnacle/metrics-client',
});
