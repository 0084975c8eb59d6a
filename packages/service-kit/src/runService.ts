import type { TSchema } from 'typebox';
import { systemClock } from './clock.ts';
import { createServer } from './createServer.ts';
import { ConfigError, ServiceError, UsageError } from './errors.ts';
import { readCommandLine, type CommandLine } from './flags/commandLine.ts';
import type { FlagDefinitions } from './flags/flagDefinitions.ts';
import { createLogger } from './logging.ts';
import { handleProcessEvents } from './processEvents.ts';
import type { ServiceDefinition } from './serviceDefinition.ts';
import { createTelemetry } from './telemetry.ts';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
/** A command line or a configuration file that was refused. */
const EXIT_USAGE = 2;

/**
 * The whole of a server's `main.ts`: reads the command line, runs the server until a signal or `/-/quit`, and
 * ends the process. Exit codes: 0 stopped as asked, 1 failed, 2 refused flags or configuration.
 */
export async function runService<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
): Promise<void> {
  let command: CommandLine<F>;
  try {
    command = readCommandLine(definition, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${definition.name}: ${error.message}\n`);
    process.exit(EXIT_USAGE);
  }
  if (command.kind === 'print') {
    process.stdout.write(command.text);
    return;
  }
  process.exit(await serve(definition, command.flags));
}

async function serve<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
  flags: Extract<CommandLine<F>, { kind: 'run' }>['flags'],
): Promise<number> {
  const { name: service, version } = definition;
  const log = createLogger({ service, level: flags['log.level'], format: flags['log.format'] });
  const telemetry = createTelemetry({ service, version });
  const events = handleProcessEvents(log, telemetry.exceptions.report);
  try {
    log.info({ version, node: process.version, pid: process.pid }, `starting ${service}`);
    const server = await createServer(definition, { flags, log, telemetry, clock: systemClock });
    events.follow(server);
    await server.start();
    await server.stopped;
    return events.hasFailed ? EXIT_FAILED : EXIT_OK;
  } catch (error) {
    if (error instanceof ServiceError) log.fatal({ code: error.code }, error.message);
    else log.fatal({ err: error }, 'failed');
    return error instanceof ConfigError || isUnreadableConfig(error) ? EXIT_USAGE : EXIT_FAILED;
  }
}

function isUnreadableConfig(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'CONFIG_UNREADABLE';
}
