import { LabelsBuilder, Matcher, type Labels } from '@binnacle/model';
import { compress, decodeReadResponse, decompress, encodeReadRequest } from '@binnacle/remote-protocol';
import { readBody, type HttpClient } from '@binnacle/service-discovery';
import type { SelectRange } from '@binnacle/tsdb';
import { MetricsServerError, messageOf } from '../errors.ts';
import { decodeFrames } from './chunkedResponse.ts';
import type { FetchedSeriesCollector } from './fetchedSeries.ts';
import type { RemoteReadConfig } from './remoteReadConfig.ts';

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Asks one `remote_read` endpoint. */
export class ReadClient {
  readonly config: RemoteReadConfig;
  readonly #client: HttpClient;
  readonly #externalLabels: Labels;

  constructor(config: RemoteReadConfig, client: HttpClient, externalLabels: Labels) {
    this.config = config;
    this.#client = client;
    this.#externalLabels = externalLabels;
  }

  /** The part of a selection that is to be asked here; undefined when there is none. `localStartMs`: where the store begins. */
  rangeOf(matchers: readonly Matcher[], range: SelectRange, localStartMs: number): SelectRange | undefined {
    const { requiredMatchers, readRecent } = this.config;
    const hasRequired = Object.entries(requiredMatchers).every(([name, value]) =>
      matchers.some((each) => each.type === '=' && each.name === name && each.value === value),
    );
    if (!hasRequired) return undefined;
    if (readRecent) return range;
    if (range.minMs > localStartMs) return undefined;
    return { minMs: range.minMs, maxMs: Math.min(range.maxMs, localStartMs) };
  }

  /** Reads a selection into a collector. Throws METRICS_REMOTE_READ with a text for the query's warnings. */
  async read(
    matchers: readonly Matcher[],
    range: SelectRange,
    into: FetchedSeriesCollector,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const added = this.#addedMatchers(matchers);
    const query = { startMs: range.minMs, endMs: range.maxMs, matchers: [...matchers, ...added] };
    const cleaned = (labels: Labels): Labels => withoutLabels(labels, added);
    try {
      const { contentType, body } = await this.#ask(compress(encodeReadRequest([query], true)), signal);
      if (contentType.startsWith('application/x-streamed-protobuf')) {
        decodeFrames(body, (series) => into.addChunks(cleaned(series.labels), series));
        return;
      }
      const [answer = []] = decodeReadResponse(decompress(body, MAX_ANSWER_BYTES));
      for (const series of answer) into.addSamples(cleaned(series.labels), series);
    } catch (error) {
      signal?.throwIfAborted();
      const message = `remote_read ${this.config.name}: ${messageOf(error)}`;
      throw new MetricsServerError('METRICS_REMOTE_READ', message, { cause: error });
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #ask(
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly contentType: string; readonly body: Uint8Array }> {
    const { url, headers, timeoutMs } = this.config;
    const response = await this.#client.request(url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'accept-encoding': 'snappy',
        'x-prometheus-remote-read-version': '0.1.0',
      },
      body,
      timeoutMs,
      ...(signal !== undefined && { signal }),
    });
    // Snappy is of the protocol, not of HTTP: it is undone by the decoder.
    const answer = await readBody({ body: response.body, headers: {} }, MAX_ANSWER_BYTES);
    if (response.statusCode !== 200) {
      const text = answer.toString().trim().slice(0, 200);
      throw new MetricsServerError(
        'METRICS_REMOTE_READ',
        `server returned HTTP status ${response.statusCode}: ${text}`,
      );
    }
    return { contentType: response.headers['content-type'] ?? '', body: answer };
  }

  /** External labels that the query says nothing about: the other side has them on what came from here. */
  #addedMatchers(matchers: readonly Matcher[]): Matcher[] {
    if (!this.config.filterExternalLabels) return [];
    return [...this.#externalLabels]
      .filter(([name]) => !matchers.some((each) => each.name === name))
      .map(([name, value]) => new Matcher('=', name, value));
  }
}

function withoutLabels(labels: Labels, added: readonly Matcher[]): Labels {
  if (added.length === 0) return labels;
  const builder = new LabelsBuilder(labels);
  for (const { name } of added) builder.delete(name);
  return builder.build();
}
