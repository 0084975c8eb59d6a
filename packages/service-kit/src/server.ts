import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { StaticDecode, TSchema } from 'typebox';
import type { Clock } from './clock.ts';
import { ConfigReloads } from './config/configReloads.ts';
import { loadConfig, parseConfig } from './config/loadConfig.ts';
import { HttpError } from './errors.ts';
import type { CommonFlagValues } from './flags/commonFlags.ts';
import type { FlagDefinitions, FlagValues } from './flags/flagDefinitions.ts';
import { createApp } from './http/createApp.ts';
import { InFlightRequests } from './http/inFlight.ts';
import { lifecycleRoutes } from './http/lifecycleRoutes.ts';
import { listen } from './http/listen.ts';
import { urlHost } from './http/listenAddress.ts';
import { routePrefix } from './http/routePrefix.ts';
import type { ServiceApp, ServiceDefinition } from './serviceDefinition.ts';
import { shutDown } from './shutdown.ts';
import type { Telemetry } from './telemetry.ts';

export interface ServerDependencies<F extends FlagDefinitions> {
  readonly flags: FlagValues<F> & CommonFlagValues;
  readonly log: Logger;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** One server from its creation to its end. */
export interface Server {
  readonly app: ServiceApp;
  /** Known once it listens. */
  readonly url: string;
  readonly port: number;
  /** Settles when the server has stopped, for whatever reason, as `stop` does. */
  readonly stopped: Promise<number>;
  /** Listens, starts the service and becomes ready. Stops everything again when that fails. */
  start(): Promise<void>;
  reload(): Promise<void>;
  stop(): Promise<number>;
}

/** Loads the configuration, makes the service and its app. Listens on nothing yet. */
export async function createServer<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
  dependencies: ServerDependencies<F>,
): Promise<Server> {
  const { name } = definition;
  const { flags, log, clock, telemetry } = dependencies;
  const { registry, reportException } = telemetry;
  const shutdown = new AbortController();
  const stopped = Promise.withResolvers<number>();
  stopped.promise.catch(() => undefined);
  let phase: 'starting' | 'ready' | 'stopping' = 'starting';
  let stopping: Promise<number> | undefined;
  let origin = '';
  const prefix = routePrefix(flags);

  const service = await definition.create({
    flags,
    config: await readConfig(definition, flags),
    log,
    registry,
    reportException,
    clock,
    shutdownSignal: shutdown.signal,
    externalUrl: () => flags['web.external-url'].replace(/\/+$/, '') || origin + prefix,
  });

  const reloads = new ConfigReloads({
    registry,
    metricPrefix: definition.metricPrefix ?? name.replaceAll(/\W/g, '_'),
    clock,
    apply: async () => {
      await service.reload?.(await readConfig(definition, flags));
    },
  });
  reloads.recordSuccess();

  const app = createApp({ flags, log, tls: undefined, reportException });
  const inFlight = new InFlightRequests();
  const server: Server = {
    app,
    get url() {
      return origin + prefix;
    },
    get port() {
      return Number(new URL(origin).port);
    },
    stopped: stopped.promise,
    start: async () => {
      try {
        const address = await listen(app, flags['web.listen-address']);
        origin = `http://${urlHost(address.address)}:${address.port}`;
        await service.start?.();
      } catch (error) {
        await server.stop();
        throw error;
      }
      if (phase !== 'starting') return;
      phase = 'ready';
      log.info({ url: server.url, version: definition.version }, `${name} is ready`);
    },
    reload: async () => {
      try {
        await reloads.reload();
        log.info('configuration reloaded');
      } catch (error) {
        log.error({ err: error }, 'reload refused, the old configuration stays');
        throw error;
      }
    },
    stop: () => {
      phase = 'stopping';
      shutdown.abort();
      stopping ??= shutDown({
        app,
        inFlight,
        log,
        deadlineMs: flags['shutdown.deadline'],
        stopService: async () => service.stop?.(),
      });
      stopping.then(stopped.resolve, stopped.reject);
      return stopping;
    },
  };
  const notReady = (): string | undefined => {
    if (phase === 'starting') return 'starting';
    return phase === 'stopping' ? 'shutting down' : service.notReady?.();
  };

  inFlight.register(app as unknown as FastifyInstance);
  await app.register(
    async (scope: FastifyInstance) => {
      lifecycleRoutes(scope, {
        name,
        isEnabled: flags['web.enable-lifecycle'],
        notReady,
        reload: server.reload,
        quit: () => void server.stop(),
      });
      await telemetry.register(scope, definition.exceptionsPath ?? '/-/exceptions');
      await scope.register(async (own: FastifyInstance) => {
        own.addHook('onRequest', async () => {
          if (phase !== 'ready') throw new HttpError(503, 'NOT_READY', `${name} is ${notReady()}`);
        });
        await service.register(own as unknown as ServiceApp);
      });
    },
    { prefix },
  );
  await app.ready();
  return server;
}

async function readConfig<F extends FlagDefinitions, C extends TSchema>(
  { configSchema }: ServiceDefinition<F, C>,
  flags: CommonFlagValues,
): Promise<StaticDecode<C>> {
  if (configSchema === undefined) return undefined as StaticDecode<C>;
  const file = flags['config.file'];
  if (file !== '') return loadConfig(file, configSchema);
  return parseConfig('(no --config.file)', '', configSchema);
}
