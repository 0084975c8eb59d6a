import { stat } from 'node:fs/promises';
import type { Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { ServiceApp } from '../serviceDefinition.ts';
import type { Telemetry } from '../telemetry.ts';
import { admitsClient } from './clientCertificates.ts';
import { loadWebConfig, openWebConfig, type WebConfig } from './loadWebConfig.ts';

export interface WebConfigFileOptions {
  /** Empty: no web configuration, plain HTTP for everybody. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Telemetry['metrics'];
  readonly metricPrefix: string;
}

const CHECK_INTERVAL_MS = 1000;

/** The web configuration in force. It follows its file and the certificates: a change needs no restart. */
export class WebConfigFile {
  readonly #options: WebConfigFileOptions;
  readonly #successful: ReturnType<Telemetry['metrics']['gauge']> | undefined;
  #current: WebConfig;
  #server: TlsServer | undefined;
  #seen = '';
  #lastFailure = '';
  #timer: NodeJS.Timeout | undefined;

  /** Reads the file for the first time. Throws ConfigError or ServiceError. */
  static async open(options: WebConfigFileOptions): Promise<WebConfigFile> {
    const { file, clock } = options;
    const first = file === '' ? openWebConfig(clock) : await loadWebConfig(file, clock);
    const opened = new WebConfigFile(options, first);
    opened.#seen = await opened.#fingerprint();
    return opened;
  }

  private constructor(options: WebConfigFileOptions, first: WebConfig) {
    this.#options = options;
    this.#current = first;
    if (options.file === '') return;
    this.#successful = options.metrics.gauge({
      name: `${options.metricPrefix}_web_config_last_reload_successful`,
      help: 'Whether the last reading of the web configuration file and its certificates was successful.',
    });
    this.#successful.set(1);
  }

  get current(): WebConfig {
    return this.#current;
  }

  /** Checks client certificates on the app's server and begins to follow the files. */
  attach(app: ServiceApp): void {
    if (this.#options.file === '') return;
    if (this.#current.tls !== undefined) {
      this.#server = app.server as unknown as TlsServer;
      this.#server.prependListener('secureConnection', (socket) => {
        if (admitsClient(this.#current.tls!.clients, socket)) return;
        this.#options.log.debug({ peer: socket.remoteAddress }, 'client certificate refused');
        socket.destroy();
      });
    }
    this.#timer = setInterval(() => void this.#followChanges(), CHECK_INTERVAL_MS).unref();
  }

  detach(): void {
    clearInterval(this.#timer);
  }

  /** Reads the files again without putting them into force. Throws ConfigError or ServiceError. */
  async load(): Promise<WebConfig> {
    const { file, clock } = this.#options;
    if (file === '') return this.#current;
    try {
      const next = await loadWebConfig(file, clock);
      this.#refuseRestartOnly(next);
      return next;
    } catch (error) {
      this.#successful?.set(0);
      throw error;
    }
  }

  /** Puts what `load` gave into force. Open connections keep the certificate they began with. */
  apply(next: WebConfig): void {
    this.#current = next;
    this.#lastFailure = '';
    this.#successful?.set(1);
    if (next.tls !== undefined) this.#server?.setSecureContext(next.tls.secureContext);
  }

  /** After a failure every check tries again: a file that is named but not there yet may come. */
  async #followChanges(): Promise<void> {
    const { log } = this.#options;
    const fingerprint = await this.#fingerprint();
    if (fingerprint === this.#seen && this.#lastFailure === '') return;
    try {
      this.apply(await this.load());
      this.#seen = await this.#fingerprint();
      log.info('web configuration changed and read again');
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#lastFailure) {
        log.error({ err: error }, 'web configuration changed but is refused, the old one stays');
      }
      this.#lastFailure = message;
    }
  }

  #refuseRestartOnly(next: WebConfig): void {
    const asks = ({ tls }: WebConfig): string =>
      tls === undefined
        ? 'no TLS'
        : tls.clients.type === 'NoClientCert'
          ? 'TLS'
          : 'TLS with client certificates';
    const [before, after] = [asks(this.#current), asks(next)];
    if (before === after) return;
    const message = `${this.#options.file}: a change from ${before} to ${after} needs a restart`;
    throw new ServiceError('WEB_CONFIG_NEEDS_RESTART', message);
  }

  /** Changes when one of the files does. Follows links, so that swapped folders of mounted secrets show. */
  async #fingerprint(): Promise<string> {
    const parts = this.#current.files.map(async (path) => {
      try {
        const { mtimeMs, size, ino } = await stat(path);
        return `${mtimeMs} ${size} ${ino}`;
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code);
      }
    });
    return (await Promise.all(parts)).join('\n');
  }
}
