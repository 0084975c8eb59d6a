import { Readable } from 'node:stream';
import type { ServiceApp } from '@binnacle/service-kit';
import { publicIdOf, type Fingerprint } from '../aggregate/fingerprint.ts';
import { ExceptionServerError } from '../errors.ts';
import { occurrenceBody } from '../federation/clientFormat.ts';
import { readSamples, type Sample } from '../queries/detail.ts';
import type { Dependencies } from './dependencies.ts';

/** Exceptions whose samples are read together. */
const CHUNK = 50;

const MOST_SAMPLES = 100;

/** Periskop's own routes and shapes, for its plugin, its interface and people's scripts. */
export function periskopRoutes(app: ServiceApp, deps: Dependencies): void {
  const { registry, scraper, actions, now } = deps;

  app.get('/-/health', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('OK'),
  );

  app.get('/services/', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(`${JSON.stringify(serviceNames(deps))}\n`),
  );

  app.get('/targets/', { schema: { hide: true } }, async (_request, reply) => {
    const targets = Object.fromEntries(
      scraper
        .services()
        .map((service) => [
          service,
          scraper
            .targetsOf(service)
            .map(({ target }) => ({ endpoint: target.url.replace(/^https?:\/\//, '') })),
        ]),
    );
    return reply.type('application/json').send(`${JSON.stringify(targets)}\n`);
  });

  app.get('/services/:service/errors/', { schema: { hide: true } }, async (request, reply) => {
    const name = serviceOf(request.raw.url!);
    const service = registry.services.get(name);
    if (service === undefined && !serviceNames(deps).includes(name)) {
      deps.metrics.onPeriskopError('service_not_found');
      return reply.code(404).type('text/plain; charset=utf-8').send(`service ${name} not found\n`);
    }
    const open = [...(service?.byKey.values() ?? [])].filter(({ state }) => state === 'open');
    return reply.type('application/json').send(Readable.from(errorsJson(deps, open)));
  });

  app.delete('/services/:service/errors/*', { schema: { hide: true } }, async (request, reply) => {
    const { service, key } = keyOf(request.raw.url!);
    if (!registry.services.has(service) && !serviceNames(deps).includes(service)) {
      return reply.code(404).type('text/plain; charset=utf-8').send(`service ${service} not found\n`);
    }
    await actions.run([publicIdOf(service, key)], { kind: 'resolve' }, 'periskop api', now());
    return reply.code(204).send();
  });
}

function serviceNames({ registry, scraper }: Dependencies): string[] {
  const withExceptions = [...registry.services.values()]
    .filter(({ byKey }) => byKey.size > 0)
    .map(({ name }) => name);
  return [...new Set([...scraper.services(), ...withExceptions])];
}

async function* errorsJson(
  { registry }: Dependencies,
  fingerprints: readonly Fingerprint[],
): AsyncGenerator<string> {
  let separator = '[';
  for (let start = 0; start < fingerprints.length; start += CHUNK) {
    const chunk = fingerprints.slice(start, start + CHUNK);
    const samples = await readSamples(
      registry.store.db,
      chunk.map(({ id }) => id),
      MOST_SAMPLES,
    );
    for (const fingerprint of chunk) {
      yield separator + JSON.stringify(presentAggregate(fingerprint, samples.get(fingerprint.id)!));
      separator = ',';
    }
  }
  yield separator === '[' ? '[]\n' : ']\n';
}

/** Fields in Periskop's order, times in unix seconds, newest sample first. */
function presentAggregate(fingerprint: Fingerprint, samples: readonly Sample[]): object {
  return {
    aggregation_key: fingerprint.key,
    total_count: fingerprint.total,
    severity: fingerprint.severity,
    latest_errors: samples.map((sample) => {
      const { error, uuid, severity, http_context } = occurrenceBody(sample);
      return { error, uuid, timestamp: seconds(sample.atMs), severity, http_context };
    }),
    created_at: seconds(fingerprint.createdMs),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/**
 * Service and key of a path as it came: a key may hold anything, `//` and encoded slashes too, so the router's
 * idea of it does not count. Throws EXCEPTIONS_NOT_FOUND without the closing slash, as in Periskop.
 */
function keyOf(url: string): { service: string; key: string } {
  const path = url.split('?', 1)[0]!;
  const match = /\/services\/([^/]*)\/errors\/(.*)\/$/s.exec(path);
  if (match === null) {
    throw new ExceptionServerError(
      'EXCEPTIONS_NOT_FOUND',
      `expected /services/NAME/errors/KEY/ with a slash at the end`,
    );
  }
  return { service: decode(match[1]!), key: decode(match[2]!) };
}

function serviceOf(url: string): string {
  return decode(/\/services\/([^/]*)\/errors\//.exec(url)![1]!);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new ExceptionServerError('EXCEPTIONS_BAD_KEY', `not percent-encoded UTF-8: ${text}`, {
      cause: error,
    });
  }
}
