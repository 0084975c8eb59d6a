import { Labels } from '@binnacle/model';
import { histogramText } from '@binnacle/promql';
import type { RuleSample } from '../rule.ts';
import { GoDuration, GoTime } from './goTime.ts';

/** What `.` is at the beginning of a template. */
export interface TemplateRoot {
  readonly Labels: Labels;
  readonly ExternalLabels: Labels;
  readonly ExternalURL: string;
  readonly Value: number;
}

/**
 * What templates work on, by Go's types: a number is a float64, a bigint an int, Labels a map of strings, a Map what
 * `args` makes, and undefined is nil.
 */
export type TemplateValue =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | Labels
  | ReadonlyMap<string, TemplateValue>
  | GoTime
  | GoDuration
  | RuleSample
  | readonly RuleSample[]
  | TemplateRoot;

/** False are Go's zero values: nothing, '', 0, false and empty lists and maps. */
export function isTrue(value: TemplateValue): boolean {
  if (value instanceof Labels || value instanceof Map) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  return Number.isNaN(value) || Boolean(value);
}

/** The value of an element of a query's result; of a histogram, its text. */
export function sampleValue({ value, histogram }: RuleSample): number | string {
  return histogram === undefined ? value : histogramText(histogram);
}

export function isSample(value: TemplateValue): value is RuleSample {
  return typeof value === 'object' && 'labels' in value;
}

export function isMap(value: TemplateValue): value is ReadonlyMap<string, TemplateValue> {
  return value instanceof Map;
}

export function isRoot(value: TemplateValue): value is TemplateRoot {
  return typeof value === 'object' && 'ExternalURL' in value;
}

/** The name of a value's type in Go. */
export function typeName(value: TemplateValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (value === undefined) return '<nil>';
  if (value instanceof Labels) return 'map[string]string';
  if (value instanceof GoTime) return 'time.Time';
  if (value instanceof GoDuration) return 'time.Duration';
  if (value instanceof Map) return 'map[string]interface {}';
  if (Array.isArray(value)) return '[]*template.sample';
  return isSample(value as TemplateValue) ? '*template.sample' : 'struct';
}
