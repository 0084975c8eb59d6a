import { formatGoFloat, Labels } from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';
import type { RuleSample } from './rule.ts';

/** What `.` is at the beginning of a template. */
export interface TemplateRoot {
  readonly Labels: Labels;
  readonly ExternalLabels: Labels;
  readonly ExternalURL: string;
  readonly Value: number;
}

/** What templates work on. Undefined is Go's nil. */
export type TemplateValue =
  string | number | boolean | undefined | Labels | RuleSample | readonly RuleSample[] | TemplateRoot;

/** A value as Go prints it: numbers in the shortest digits, with an exponent from a million on. */
export function templateText(value: TemplateValue): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value === undefined) return '<no value>';
  if (value instanceof Labels) return mapText(value);
  if (Array.isArray(value)) return `[${value.map((sample: RuleSample) => templateText(sample)).join(' ')}]`;
  if (isSample(value)) return `map[labels:${mapText(value.labels)} value:${numberText(value.value)}]`;
  return '{}';
}

/** False are Go's zero values: nothing, '', 0, false and empty lists. */
export function isTrue(value: TemplateValue): boolean {
  if (value instanceof Labels) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

/** The value behind `.a.b`. A label that is not there is ''. Throws METRICS_TEMPLATE. */
export function fieldOf(value: TemplateValue, fields: readonly string[]): TemplateValue {
  return fields.reduce<TemplateValue>((current, field) => {
    if (current instanceof Labels) return current.get(field);
    if (typeof current === 'object' && !Array.isArray(current)) {
      const known = isSample(current as RuleSample)
        ? { Labels: (current as RuleSample).labels, Value: (current as RuleSample).value }
        : (current as TemplateRoot);
      if (Object.hasOwn(known, field)) return (known as Readonly<Record<string, TemplateValue>>)[field];
    }
    throw new MetricsServerError(
      'METRICS_TEMPLATE',
      `can't evaluate field ${field} in ${templateText(current)}`,
    );
  }, value);
}

export function isSample(value: TemplateValue): value is RuleSample {
  return typeof value === 'object' && 'labels' in value;
}

function numberText(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || !Number.isFinite(size) || (size >= 1e-4 && size < 1e6);
  return formatGoFloat(value, isPlain ? 'f' : 'e');
}

function mapText(labels: Labels): string {
  return `map[${[...labels].map(([name, value]) => `${name}:${value}`).join(' ')}]`;
}
