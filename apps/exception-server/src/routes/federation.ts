import { Readable } from 'node:stream';
import type { ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import type { Fingerprint } from '../aggregate/fingerprint.ts';
import { clientAggregate } from '../federation/clientFormat.ts';
import { exportFederation } from '../federation/export.ts';
import { readSamples } from '../queries/detail.ts';
import type { Dependencies } from './dependencies.ts';

const CHUNK = 50;
const CLIENT_SAMPLES = 10;

/**
 * This server as a target of another one. In Periskop's client format, where it is one target whose counts
 * only grow; or with `format=federation`, which says what each of its own targets counted.
 */
export function federationRoutes(app: ServiceApp, { registry }: Dependencies): void {
  app.get(
    '/-/exceptions',
    {
      schema: {
        summary: 'Everything, for another server to scrape',
        querystring: Type.Object({
          service: Type.Optional(Type.String({ description: 'Only this service.' })),
          format: Type.Optional(
            Type.Unsafe<'client' | 'federation'>({ type: 'string', enum: ['client', 'federation'] }),
          ),
          since: Type.Optional(
            Type.Integer({ minimum: 0, description: 'With format=federation: `next` of the answer before.' }),
          ),
          server: Type.Optional(Type.String({ description: 'The server that `since` is of.' })),
        }),
      },
    },
    async ({ query }, reply) => {
      const { serverUuid } = registry.store;
      if (query.format === 'federation') {
        const isSame = query.server === undefined || query.server === serverUuid;
        return exportFederation(registry, isSame ? (query.since ?? 0) : 0);
      }
      const chosen = [...registry.fingerprints()].filter(
        ({ service }) => query.service === undefined || service === query.service,
      );
      const targetUuid = query.service === undefined ? serverUuid : `${serverUuid}/${query.service}`;
      return reply
        .type('application/json')
        .send(Readable.from(clientJson(registry.store.db, chosen, targetUuid)));
    },
  );
}

async function* clientJson(
  db: Dependencies['registry']['store']['db'],
  fingerprints: readonly Fingerprint[],
  targetUuid: string,
): AsyncGenerator<string> {
  yield '{"aggregated_errors":[';
  let separator = '';
  for (let start = 0; start < fingerprints.length; start += CHUNK) {
    const chunk = fingerprints.slice(start, start + CHUNK);
    const samples = await readSamples(
      db,
      chunk.map(({ id }) => id),
      CLIENT_SAMPLES,
    );
    for (const fingerprint of chunk) {
      yield separator + JSON.stringify(clientAggregate(fingerprint, samples.get(fingerprint.id)!));
      separator = ',';
    }
  }
  yield `],"target_uuid":${JSON.stringify(targetUuid)}}\n`;
}
