import { createExceptionCollector, type ExceptionCollector } from '@binnacle/exception-client';
import { exceptionPlugin } from '@binnacle/exception-client/fastify';
import { createMetrics } from '@binnacle/metrics-client';
import { metricsPlugin } from '@binnacle/metrics-client/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { createPublisher, type EventsTarget, type Publisher } from './publisher.ts';
import { createRandom, type Random } from './random.ts';

/** One of the small services that the stack shows: it answers real requests and throws real errors. */
export interface DemoService {
  readonly name: string;
  readonly routes: (app: FastifyInstance, context: DemoContext) => void;
}

export interface DemoContext {
  readonly version: string;
  readonly random: Random;
  readonly exceptions: ExceptionCollector;
  /** Calls another demo service; throws when it does not answer or answers with an error. */
  readonly call: (peer: string, path: string, init?: RequestInit) => Promise<unknown>;
  /** Publishes what happened here. */
  readonly publish: Publisher['publish'];
}

export interface DemoOptions {
  readonly port: number;
  readonly version: string;
  readonly seed: number;
  /** Base URLs of every instance, by service name. */
  readonly peers: ReadonlyMap<string, readonly string[]>;
  readonly events: EventsTarget;
  /** Set for the instance that completes a deploy: the version that ran before. */
  readonly deployedFrom: string | undefined;
}

/** Another service answered with an error or not at all. */
class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly statusCode = 502;
}

const CALL_TIMEOUT_MS = 2_000;

/** Starts a demo service on 127.0.0.1; it ends on SIGTERM. Connecting a service is the first five statements. */
export async function runDemoService(service: DemoService, options: DemoOptions): Promise<void> {
  const identity = {
    service: service.name,
    instance: `127.0.0.1:${options.port}`,
    version: options.version,
    environment: 'demo',
  };
  const metrics = createMetrics(identity);
  const exceptions = createExceptionCollector(identity);
  exceptions.captureProcessErrors();
  const app = Fastify();
  await app.register(metricsPlugin, { metrics });
  await app.register(exceptionPlugin, { collector: exceptions });

  const random = createRandom(options.seed + options.port);
  const call: DemoContext['call'] = async (peer, path, init) => {
    const url = random.pick(options.peers.get(peer) ?? []) + path;
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
      if (response.status >= 500)
        throw new Error(`${peer} answered ${response.status}: ${await response.text()}`);
      return await response.json();
    } catch (cause) {
      throw new UpstreamError(`${peer} failed`, { cause });
    }
  };
  const publisher = createPublisher(service.name, options.events);
  service.routes(app, {
    version: options.version,
    random,
    exceptions,
    call,
    publish: publisher.publish,
  });
  await app.listen({ port: options.port, host: '127.0.0.1' });
  process.once('SIGTERM', () => {
    void app
      .close()
      .then(() => publisher.close())
      .then(() => process.exit(0));
  });
  if (options.deployedFrom !== undefined) {
    const { version, environment } = identity;
    const data = { service: service.name, version, previousVersion: options.deployedFrom, environment };
    await publisher.publish('deploy.finished', service.name, { ...data, by: 'npm start' });
  }
}
