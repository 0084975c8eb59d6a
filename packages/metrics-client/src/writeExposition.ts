import type { Exemplar, Family, Sample } from './snapshot.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

/** Content types of the formats. */
export const CONTENT_TYPES: Record<ExpositionFormat, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * Writes families in the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) or in OpenMetrics 1.0
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/). The names and labels of the samples are the same in both,
 * so that a series never depends on what was negotiated: a counter whose name lacks `_total` is `unknown` in
 * OpenMetrics, and `le` is always a canonical float.
 */
export function writeExposition(families: readonly Family[], format: ExpositionFormat): string {
  let text = '';
  for (const family of families) text += writeFamily(family, format);
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function writeFamily(family: Family, format: ExpositionFormat): string {
  const { name, type } = format === 'openmetrics' ? openMetricsHead(family) : family;
  const help = format === 'openmetrics' ? escapeQuoted(family.help) : escapeHelp(family.help);
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const sample of family.samples) {
    text += `${sample.name}${writeLabels(sample)} ${writeNumber(sample.value)}`;
    if (format === 'openmetrics' && type !== 'unknown' && sample.exemplar) {
      text += writeExemplar(sample.exemplar);
    }
    text += '\n';
  }
  return text;
}

/** In OpenMetrics a counter's family has the name without `_total`, and only its sample has the suffix. */
function openMetricsHead({ name, type }: Family): { name: string; type: string } {
  if (type !== 'counter') return { name, type };
  return name.endsWith('_total')
    ? { name: name.slice(0, -'_total'.length), type }
    : { name, type: 'unknown' };
}

function writeLabels({ labels }: Sample): string {
  let text = '';
  for (const name in labels) {
    const value = labels[name];
    if (value === undefined) continue;
    const isBound = typeof value === 'number' && (name === 'le' || name === 'quantile');
    const written = isBound ? canonicalFloat(value) : String(value);
    text += `${text === '' ? '{' : ','}${name}="${escapeQuoted(written)}"`;
  }
  return text === '' ? '' : `${text}}`;
}

function writeExemplar({ labels, value, timestamp }: Exemplar): string {
  const written = Object.entries(labels).map(([name, text]) => `${name}="${escapeQuoted(String(text))}"`);
  return ` # {${written.join(',')}} ${writeNumber(value)} ${timestamp.toFixed(3)}`;
}

function writeNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The form that Prometheus gives to bucket bounds: `1.0`, `0.005`, `1e+06`. */
function canonicalFloat(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e6)) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeQuoted(text: string): string {
  return /[\\"\n]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}
