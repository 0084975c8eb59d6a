import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Logger } from 'pino';
import type { StaticDecode, TSchema } from 'typebox';
import type { Clock } from './clock.ts';
import type { CommonFlagDefaults, CommonFlagValues } from './flags/commonFlags.ts';
import type { FlagDefinitions, FlagValues } from './flags/flagDefinitions.ts';
import type { ReportException, Telemetry } from './telemetry.ts';

/** What a server is. `runService` makes a program of it, `startService` a server inside a test. */
export interface ServiceDefinition<F extends FlagDefinitions, C extends TSchema> {
  /** As in `exception-server`: names the program, its logs and its own exceptions. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Listens on `127.0.0.1:<defaultPort>` unless told otherwise. */
  readonly defaultPort: number;
  /** Own flags beside the common ones. */
  readonly flags: F;
  readonly commonFlagDefaults?: CommonFlagDefaults;
  /** TypeBox schema of the configuration file. Unknown keys fail. Absent: the server has no --config.file. */
  readonly configSchema?: C;
  /** Begins the names of the kit's own metrics; the service's name with underscores unless given. */
  readonly metricPrefix?: string;
  /** Where own exceptions are served, unless `/-/exceptions`. */
  readonly exceptionsPath?: string;
  create(context: ServiceContext<FlagValues<F>, StaticDecode<C>>): Promise<Service<StaticDecode<C>>>;
}

/** What a service gets to work with. */
export interface ServiceContext<F, C> {
  /** Own and common flags by name: `flags['storage.path']`. */
  readonly flags: F & CommonFlagValues;
  /** The configuration at the start; `Service.reload` gets later ones. */
  readonly config: C;
  readonly log: Logger;
  /** Makes the service's own metrics, with a bound on their series. */
  readonly metrics: Telemetry['metrics'];
  /** prom-client's registry behind `/metrics`. */
  readonly registry: Telemetry['metrics']['registry'];
  /** Adds an exception to those of `/-/exceptions`. */
  readonly reportException: ReportException;
  readonly clock: Clock;
  /** Aborted when shutdown begins: end long-lived streams and background work then. */
  readonly shutdownSignal: AbortSignal;
  /** The URL under which people reach this server, without a slash at the end. Known once it listens. */
  externalUrl(): string;
}

/** A server's own part. */
export interface Service<C> {
  /** Adds the routes. They answer 503 until `start` is done, unless their config says `answersWhileStarting`. */
  register(app: ServiceApp): void | Promise<void>;
  /** Runs when the server listens already, before it is ready. An error ends the program. */
  start?(): Promise<void>;
  /** Why the server is not ready now or what its start waits for, shown by `/-/ready` (503); undefined when it is ready. */
  notReady?(): string | undefined;
  /** Takes a new configuration. Throws to refuse it: the old one then stays, so change nothing before. */
  reload?(config: C): Promise<void>;
  /** Runs after the last request has been answered or cut. */
  stop?(): Promise<void>;
}

/** Fastify with TypeBox schemas. */
export type ServiceApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
