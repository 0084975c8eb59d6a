import type { ExpositionFormat } from './writeExposition.ts';

/**
 * The format to answer with, from a request's Accept header (RFC 9110, section 12.5.1): OpenMetrics where it is named
 * with a higher quality than the text format, else the text format, which everything reads.
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  let openMetrics = 0;
  let text = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (type === 'application/openmetrics-text' && isSupported(parameters)) {
      openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain') {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > text ? 'openmetrics' : 'text';
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function isSupported(parameters: readonly string[]): boolean {
  const version = parameters.find((parameter) => parameter.startsWith('version='));
  return version === undefined || version === 'version=1.0.0' || version === 'version=0.0.1';
}
