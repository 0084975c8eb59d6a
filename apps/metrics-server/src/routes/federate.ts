import { contentTypeOf, writeText, type OutgoingFamily, type OutgoingSample } from '@binnacle/exposition';
import { isStaleAt, Labels, LabelsBuilder, METRIC_NAME, compareUtf8 } from '@binnacle/model';
import { createSampleBuffer } from '@binnacle/promql';
import type { ServiceApp } from '@binnacle/service-kit';
import type { Dependencies } from './dependencies.ts';
import { ApiError } from '../errors.ts';
import { RequestParams } from './requestParams.ts';

/** /federate: the newest sample of each selected series, in the text format, for another server to scrape. */
export function federateRoute(app: ServiceApp, deps: Dependencies): void {
  app.get('/federate', async (request, reply) => {
    let families: OutgoingFamily[];
    try {
      families = federate(deps, RequestParams.of(request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return reply.code(error.statusCode).type('text/plain; charset=utf-8').send(`${error.message}\n`);
    }
    return reply.header('content-type', contentTypeOf('PrometheusText0.0.4')).send(writeText(families));
  });
}

function federate(
  { storage, flags, config, now, metadata }: Dependencies,
  params: RequestParams,
): OutgoingFamily[] {
  const selectors = params.matchers();
  const maxMs = now();
  const range = { minMs: maxMs - flags['query.lookback-delta'] + 1, maxMs };
  const { externalLabels } = config();
  const buffer = createSampleBuffer();
  const samples = new Map<string, OutgoingSample>();
  for (const matchers of selectors) {
    const set = storage.select(matchers, range);
    for (let i = 0; i < set.length; i++) {
      const labels = set.labels(i);
      if (labels.get(METRIC_NAME) === '' || samples.has(labels.key)) continue;
      set.read(i, buffer);
      const last = buffer.length - 1;
      if (last < 0 || buffer.histograms?.[last] !== undefined) continue;
      const { values } = buffer;
      if (isStaleAt(new Uint32Array(values.buffer, values.byteOffset, 2 * values.length), last)) continue;
      samples.set(labels.key, {
        labels: outgoing(labels, externalLabels),
        value: values[last]!,
        timestampMs: buffer.timestamps[last]!,
      });
    }
  }
  const byName = Map.groupBy(samples.values(), ({ labels }) => labels.get(METRIC_NAME));
  const types = metadata.all('', 0, 1);
  return [...byName]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([name, ofName]) => ({
      name,
      type: typeOfSeries(types[name]?.[0]?.type),
      samples: ofName.sort((a, b) => Labels.compare(a.labels, b.labels)),
    }));
}

/** Types whose samples have the name of their family; the others are federated sample by sample. */
function typeOfSeries(type: string | undefined): string {
  return type === 'counter' || type === 'gauge' ? type : 'unknown';
}

/** External labels are added where they do not clash; an empty `instance` keeps the scraper from adding its own. */
function outgoing(labels: Labels, externalLabels: Labels): Labels {
  const builder = new LabelsBuilder(labels);
  for (const [name, value] of externalLabels) if (!labels.has(name)) builder.set(name, value);
  const built = builder.build();
  if (built.has('instance')) return built;
  const names = [...built.names, 'instance'].sort(compareUtf8);
  return new Labels(
    names,
    names.map((name) => built.get(name)),
  );
}
