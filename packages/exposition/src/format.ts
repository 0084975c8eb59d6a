import { ExpositionError } from './errors.ts';

/** The five formats, by the names that `scrape_protocols` uses. */
export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'PrometheusText0.0.4'
  | 'PrometheusText1.0.0'
  | 'OpenMetricsText0.0.1'
  | 'OpenMetricsText1.0.0';

export const DEFAULT_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

const MEDIA_TYPES: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
};

/** How names outside of the old character set are asked for. */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

/** The Accept header of a scrape: each protocol in order of preference with a falling weight, then anything. */
export function acceptHeader(
  protocols: readonly ScrapeProtocol[],
  escaping: EscapingScheme = 'allow-utf-8',
): string {
  const parts = protocols.map((protocol, i) => {
    const withEscaping = protocol.endsWith('1.0.0') ? `;escaping=${escaping}` : '';
    return `${MEDIA_TYPES[protocol]}${withEscaping};q=0.${protocols.length + 1 - i}`;
  });
  return [...parts, `*/*;q=0.${1}`].join(',');
}

/**
 * The format of a response. An absent or unknown content type takes the fallback; without one the scrape fails, since
 * guessing would turn an HTML page into a confusing error. Throws ExpositionError EXPOSITION_UNKNOWN_FORMAT.
 */
export function formatOf(contentType: string | undefined, fallback?: ScrapeProtocol): ScrapeProtocol {
  const [media = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length);
  switch (media) {
    case 'application/openmetrics-text':
      return version === '0.0.1' ? 'OpenMetricsText0.0.1' : 'OpenMetricsText1.0.0';
    case 'text/plain':
      return version === '1.0.0' ? 'PrometheusText1.0.0' : 'PrometheusText0.0.4';
    case 'application/vnd.google.protobuf':
      if (
        parameters.includes('proto=io.prometheus.client.metricfamily') &&
        parameters.includes('encoding=delimited')
      ) {
        return 'PrometheusProto';
      }
  }
  if (fallback !== undefined) return fallback;
  throw new ExpositionError(
    'EXPOSITION_UNKNOWN_FORMAT',
    `expected a content type of Prometheus text, OpenMetrics or delimited protobuf, found ${JSON.stringify(contentType ?? '')}; ` +
      'set fallback_scrape_protocol when the target cannot be mended',
  );
}

/** Which text format a client's Accept header prefers, for what we serve ourselves. */
export function negotiateText(accept: string | undefined): 'PrometheusText0.0.4' | 'OpenMetricsText1.0.0' {
  let best = { protocol: 'PrometheusText0.0.4' as 'PrometheusText0.0.4' | 'OpenMetricsText1.0.0', weight: 0 };
  for (const part of (accept ?? '').split(',')) {
    const [media, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    const protocol =
      media === 'application/openmetrics-text'
        ? 'OpenMetricsText1.0.0'
        : media === 'text/plain'
          ? 'PrometheusText0.0.4'
          : undefined;
    if (protocol !== undefined && weight > best.weight) best = { protocol, weight };
  }
  return best.protocol;
}

/** The Content-Type header of a format. */
export function contentTypeOf(protocol: ScrapeProtocol): string {
  return `${MEDIA_TYPES[protocol].replaceAll(';', '; ')}${protocol === 'PrometheusProto' ? '' : '; charset=utf-8'}`;
}
