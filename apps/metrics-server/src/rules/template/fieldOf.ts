import { Labels } from '@binnacle/model';
import { valueText } from './format.ts';
import { GoDuration, GoTime } from './goTime.ts';
import { templateError } from './templateError.ts';
import {
  isMap,
  isRoot,
  isSample,
  sampleValue,
  typeName,
  type TemplateRoot,
  type TemplateValue,
} from './values.ts';

/** The value behind `.name`, or what the method of that name gives. A key that a map lacks is its zero value. */
export function fieldOf(value: TemplateValue, name: string, args: readonly TemplateValue[]): TemplateValue {
  if (value instanceof GoTime || value instanceof GoDuration) return value.call(name, args);
  if (args.length > 0) throw templateError(`${name} is not a method but has arguments`);
  if (value instanceof Labels) return value.get(name);
  if (isMap(value)) return value.get(name);
  if (isSample(value)) {
    if (name === 'Labels') return value.labels;
    if (name === 'Value') return sampleValue(value);
  } else if (isRoot(value) && Object.hasOwn(value, name)) return value[name as keyof TemplateRoot];
  if (value === undefined) throw templateError(`nil data; no entry for key ${JSON.stringify(name)}`);
  throw templateError(`can't evaluate field ${name} in ${typeName(value)} ${valueText(value)}`);
}
