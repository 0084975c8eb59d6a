import type { Logger } from 'pino';
import type { TSchema } from 'typebox';
import { systemClock, type Clock } from './clock.ts';
import { UsageError } from './errors.ts';
import { readCommandLine } from './flags/commandLine.ts';
import type { FlagDefinitions } from './flags/flagDefinitions.ts';
import { createLogger } from './logging.ts';
import { createServer } from './createServer.ts';
import type { ServiceApp, ServiceDefinition } from './serviceDefinition.ts';
import { createTelemetry } from './telemetry.ts';

export interface StartOptions {
  /** As after the program's name: `['--web.listen-address=:0']`. */
  readonly argv: readonly string[];
  /** Instead of the log that --log.level and --log.format describe. */
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** A server that is ready. */
export interface RunningService extends AsyncDisposable {
  /** Where it answers, with its route prefix and without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** For `inject`. */
  readonly app: ServiceApp;
  /** Reads the configuration again. Rejects when it is refused; the old one then stays. */
  reload(): Promise<void>;
  /** Shuts down gracefully; resolves with the number of requests that were cut at the deadline. */
  stop(): Promise<number>;
}

/**
 * Starts a server inside this process, as tests do; signals and exit codes are `runService`'s. Resolves when
 * it is ready. Throws UsageError, ConfigError or ServiceError.
 */
export async function startService<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
  { argv, log, clock = systemClock }: StartOptions,
): Promise<RunningService> {
  const command = readCommandLine(definition, argv);
  if (command.kind === 'print') {
    throw new UsageError('FLAG_UNEXPECTED_ARGUMENT', '--help and --version print a text and start nothing');
  }
  const { flags } = command;
  const { name: service, version } = definition;
  const server = await createServer(definition, {
    flags,
    clock,
    log: log ?? createLogger({ service, level: flags['log.level'], format: flags['log.format'] }),
    telemetry: createTelemetry({ service, version }),
  });
  await server.start();
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    app: server.app,
    reload: () => server.reload(),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  };
}
