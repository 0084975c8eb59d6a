import type { ServerOptions as TlsServerOptions } from 'node:https';
import type { Logger } from 'pino';
import type { StaticDecode, TSchema } from 'typebox';
import type { Clock } from './clock.ts';
import { ConfigReloads } from './config/configReloads.ts';
import { loadConfig, parseConfig } from './config/loadConfig.ts';
import type { CommonFlagValues } from './flags/commonFlags.ts';
import type { FlagDefinitions, FlagValues } from './flags/flagDefinitions.ts';
import { accessControl } from './http/accessControl.ts';
import { createApp } from './http/createApp.ts';
import { InFlightRequests } from './http/inFlight.ts';
import type { LifecycleTarget } from './http/lifecycleRoutes.ts';
import { registerRoutes } from './http/registerRoutes.ts';
import { routePrefix } from './http/routePrefix.ts';
import { Server } from './server.ts';
import type { ServiceApp, ServiceDefinition } from './serviceDefinition.ts';
import { closeTelemetry, serveTelemetry, type Telemetry } from './telemetry.ts';
import type { WebConfig } from './webConfig/loadWebConfig.ts';
import { WebConfigFile } from './webConfig/webConfigFile.ts';

export interface ServerDependencies<F extends FlagDefinitions> {
  readonly flags: FlagValues<F> & CommonFlagValues;
  readonly log: Logger;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Loads the configuration, makes the service and puts the server together. It listens on nothing yet.
 * Throws ConfigError, ServiceError, or what the service's `create` throws.
 */
export async function createServer<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
  { flags, log, clock, telemetry }: ServerDependencies<F>,
): Promise<Server> {
  const { name, metricPrefix = name.replaceAll(/\W/g, '_') } = definition;
  const { metrics, exceptions } = telemetry;
  const prefix = routePrefix(flags);
  const shutdown = new AbortController();
  const webConfig = await WebConfigFile.open({
    file: flags['web.config.file'],
    clock,
    log,
    metrics,
    metricPrefix,
  });
  let server: Server | undefined;
  const service = await definition.create({
    flags,
    config: await readConfig(definition, flags),
    log,
    metrics,
    registry: metrics.registry,
    reportException: exceptions.report,
    clock,
    shutdownSignal: shutdown.signal,
    externalUrl: () => flags['web.external-url'].replace(/\/+$/, '') || (server?.url ?? ''),
  });
  let inFlight: InFlightRequests | undefined;
  const stop = async (): Promise<void> => {
    inFlight?.[Symbol.dispose]();
    try {
      await service.stop?.();
    } finally {
      await closeTelemetry(telemetry);
    }
  };
  try {
    const app = createApp({ flags, log, tls: tlsServerOptions(webConfig.current), telemetry });
    inFlight = new InFlightRequests(flags['web.request-timeout']);
    const reloads = new ConfigReloads({
      metrics,
      metricPrefix,
      clock,
      apply: async () => {
        const nextWebConfig = await webConfig.load();
        await service.reload?.(await readConfig(definition, flags));
        webConfig.apply(nextWebConfig);
      },
    });
    reloads.recordSuccess();
    server = new Server({
      name,
      app,
      service: { start: async () => service.start?.(), notReady: () => service.notReady?.(), stop },
      reloads,
      webConfig,
      inFlight,
      log,
      listenAddress: flags['web.listen-address'],
      routePrefix: prefix,
      shutdownDeadlineMs: flags['shutdown.deadline'],
      shutdown,
    });
    inFlight.register(app);
    await serveTelemetry(app, telemetry, {
      metrics: `${prefix}/metrics`,
      exceptions: prefix + (definition.exceptionsPath ?? '/-/exceptions'),
    });
    limitAccess(app, { flags, webConfig, metrics, metricPrefix });
    await registerRoutes(app, {
      prefix,
      lifecycle: lifecycleOf(server, name, flags),
      isServing: () => server?.isServing ?? false,
      registerService: (own) => service.register(own),
    });
    return server;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks for client certificates where the policy has a use for them; `admitsClient` judges them. */
function tlsServerOptions({ tls }: WebConfig): TlsServerOptions | undefined {
  if (tls === undefined) return undefined;
  const requestCert = tls.clients.type !== 'NoClientCert';
  return { ...tls.secureContext, requestCert, rejectUnauthorized: false };
}

function limitAccess(
  app: ServiceApp,
  {
    flags,
    webConfig,
    metrics,
    metricPrefix,
  }: {
    flags: CommonFlagValues;
    webConfig: WebConfigFile;
    metrics: Telemetry['metrics'];
    metricPrefix: string;
  },
): void {
  const refused = metrics.counter({
    name: `${metricPrefix}_http_refused_total`,
    help: 'Connections and requests refused before their route, by reason.',
    labelNames: ['reason'],
  });
  for (const reason of ['connections', 'rate_limit', 'authentication']) refused.inc({ reason }, 0);
  app.server.maxConnections = flags['web.max-connections'];
  app.server.on('drop', () => refused.inc({ reason: 'connections' }));
  accessControl(app, {
    webConfig: () => webConfig.current,
    corsOrigin: flags['web.cors.origin'],
    countRefused: (reason) => refused.inc({ reason }),
  });
}

function lifecycleOf(server: Server, name: string, flags: CommonFlagValues): LifecycleTarget {
  return {
    name,
    isEnabled: flags['web.enable-lifecycle'],
    notReady: () => server.notReady(),
    reload: () => server.reload(),
    quit: () => void server.stop(),
  };
}

/** Without a file the schema's defaults hold, and what it requires is missing. */
async function readConfig<F extends FlagDefinitions, C extends TSchema>(
  { configSchema }: ServiceDefinition<F, C>,
  flags: CommonFlagValues,
): Promise<StaticDecode<C>> {
  if (configSchema === undefined) return undefined as StaticDecode<C>;
  const file = flags['config.file'];
  return file === '' ? parseConfig('(no --config.file)', '', configSchema) : loadConfig(file, configSchema);
}
