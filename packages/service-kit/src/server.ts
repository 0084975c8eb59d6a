import type { Logger } from 'pino';
import { ServiceError } from './errors.ts';
import type { ConfigReloads } from './config/configReloads.ts';
import type { InFlightRequests } from './http/inFlight.ts';
import { listen } from './http/listen.ts';
import { urlHost } from './http/listenAddress.ts';
import type { ServiceApp } from './serviceDefinition.ts';
import { shutDown } from './shutdown.ts';
import type { WebConfigFile } from './webConfig/webConfigFile.ts';

/** What a server is put together from. */
export interface ServerParts {
  readonly name: string;
  readonly app: ServiceApp;
  readonly service: ServerService;
  readonly reloads: ConfigReloads;
  readonly webConfig: WebConfigFile;
  readonly inFlight: InFlightRequests;
  readonly log: Logger;
  readonly listenAddress: string;
  readonly routePrefix: string;
  readonly shutdownDeadlineMs: number;
  /** Aborted when shutdown begins. */
  readonly shutdown: AbortController;
}

/** What the server's course needs of a service. */
interface ServerService {
  start(): Promise<void>;
  notReady(): string | undefined;
  stop(): Promise<void>;
}

/** One server on its course: starting, ready, stopping. */
export class Server {
  readonly app: ServiceApp;
  readonly #parts: ServerParts;
  readonly #stopped = Promise.withResolvers<number>();
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #serviceStart: Promise<void> | undefined;
  #stopping: Promise<number> | undefined;
  #origin = '';

  constructor(parts: ServerParts) {
    this.app = parts.app;
    this.#parts = parts;
    // A failed stop is for whoever waits for it; nobody may.
    this.#stopped.promise.catch(() => undefined);
  }

  /** Where it answers, with its route prefix and without a slash at the end. Empty before it listens. */
  get url(): string {
    return this.#origin === '' ? '' : this.#origin + this.#parts.routePrefix;
  }

  /** Settles when the server has stopped, for whatever reason, as `stop` does. */
  get stopped(): Promise<number> {
    return this.#stopped.promise;
  }

  /** Why the server is not ready now; undefined when it is. */
  notReady(): string | undefined {
    if (this.#phase === 'starting') {
      const reason = this.#parts.service.notReady();
      return reason === undefined ? 'it is starting' : `it is starting: ${reason}`;
    }
    return this.#phase === 'stopping' ? 'it is shutting down' : this.#parts.service.notReady();
  }

  /** True from the end of the start to the beginning of the shutdown: the service's routes answer. */
  get isServing(): boolean {
    return this.#phase === 'ready';
  }

  /**
   * Listens, starts the service and becomes ready. When that fails it stops what it began and rejects; when
   * `stop` is called meanwhile it resolves.
   */
  async start(): Promise<void> {
    const { app, listenAddress, log, name, service, webConfig } = this.#parts;
    try {
      webConfig.attach(app);
      const { address, port } = await listen(app, listenAddress);
      const scheme = webConfig.current.tls === undefined ? 'http' : 'https';
      this.#origin = `${scheme}://${urlHost(address)}:${port}`;
      this.#serviceStart = service.start();
      await this.#serviceStart;
    } catch (error) {
      if (this.#phase === 'stopping') return;
      await this.stop().catch((stopError: unknown) => log.error({ err: stopError }, 'failed to stop'));
      throw error;
    }
    if (this.#phase === 'stopping') return;
    this.#phase = 'ready';
    log.info({ url: this.url }, `${name} is ready`);
  }

  /** Reads the configuration again. Rejects when it is refused; the old one then stays. */
  async reload(): Promise<void> {
    const { log, name, reloads } = this.#parts;
    try {
      if (!this.isServing)
        throw new ServiceError('RELOAD_REFUSED', `${name} is not ready: ${this.notReady()}`);
      await reloads.reload();
    } catch (error) {
      log.error({ err: error }, 'reload refused, the old configuration stays');
      throw error;
    }
    log.info('configuration reloaded');
  }

  /** Shuts down gracefully; resolves with the number of requests cut at the deadline. Once is enough. */
  stop(): Promise<number> {
    if (this.#stopping !== undefined) return this.#stopping;
    const { app, inFlight, log, service, shutdown, shutdownDeadlineMs: deadlineMs, webConfig } = this.#parts;
    this.#phase = 'stopping';
    shutdown.abort();
    webConfig.detach();
    const stopService = async (): Promise<void> => {
      await this.#serviceStart?.catch(() => undefined);
      await service.stop();
    };
    this.#stopping = shutDown({ app, inFlight, log, deadlineMs, stopService });
    this.#stopping.then(this.#stopped.resolve, this.#stopped.reject);
    return this.#stopping;
  }
}
