import { compareUtf8, formatGoFloat, Labels } from '@binnacle/model';
import { GoDuration, GoTime } from './goTime.ts';
import { isMap, isSample, sampleValue, typeName, type TemplateValue } from './values.ts';

/** What an action prints: `<no value>` for nil. */
export function printedText(value: TemplateValue): string {
  if (value === undefined) return '<no value>';
  // Actions print what a pointer leads to, and print and printf the pointer.
  return isSample(value) ? valueText(value).slice(1) : valueText(value);
}

/** A value as Go's `%v` has it: numbers in the shortest digits, with an exponent from a million on. */
export function valueText(value: TemplateValue): string {
  if (typeof value === 'number') return formatGoFloat(value, 'g');
  if (value === undefined) return '<nil>';
  if (typeof value !== 'object') return String(value);
  if (value instanceof GoTime || value instanceof GoDuration) return value.toString();
  if (value instanceof Labels) return mapText([...value]);
  if (isMap(value)) return mapText([...value].sort(([a], [b]) => compareUtf8(a, b)));
  if (Array.isArray(value))
    return `[${value.map((element) => valueText(element as TemplateValue)).join(' ')}]`;
  if (isSample(value)) return `&{${valueText(value.labels)} ${valueText(sampleValue(value))}}`;
  return `{${Object.values(value)
    .map((field: TemplateValue) => valueText(field))
    .join(' ')}}`;
}

/** Go's Sprint: spaces stand between two values that are no texts. */
export function sprint(values: readonly TemplateValue[]): string {
  return values
    .map((value, i) => {
      const isApart = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string';
      return (isApart ? ' ' : '') + valueText(value);
    })
    .join('');
}

/** The type and the value, as in complaints of printf. */
export function typedText(value: TemplateValue): string {
  return value === undefined ? '<nil>' : `${typeName(value)}=${valueText(value)}`;
}

function mapText(entries: readonly (readonly [string, TemplateValue])[]): string {
  return `map[${entries.map(([key, value]) => `${key}:${valueText(value)}`).join(' ')}]`;
}
