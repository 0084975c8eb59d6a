import type { RuleSample } from '../rule.ts';
import { valueText } from './format.ts';
import { templateError } from './templateError.ts';
import { isSample, typeName, type TemplateValue } from './values.ts';

/** What an argument must be. Gives it back, or throws METRICS_TEMPLATE. */
export type ArgumentType = (value: TemplateValue) => TemplateValue;

/** A function of templates, with the types of its arguments; those behind the last one, if any may come, have `rest`. */
export interface TemplateFunction {
  readonly types: readonly ArgumentType[];
  readonly rest: ArgumentType | undefined;
  readonly call: (...args: TemplateValue[]) => TemplateValue | Promise<TemplateValue>;
}

export function define(
  types: readonly ArgumentType[],
  rest: ArgumentType | undefined,
  call: TemplateFunction['call'],
): TemplateFunction {
  return { types, rest, call };
}

/** Throws METRICS_TEMPLATE for a wrong number of arguments. */
export function checkCount(name: string, { types, rest }: TemplateFunction, count: number): void {
  if (rest === undefined ? count === types.length : count >= types.length) return;
  const wanted = rest === undefined ? String(types.length) : `at least ${types.length}`;
  throw templateError(`wrong number of args for ${name}: want ${wanted} got ${count}`);
}

export const any: ArgumentType = (value) => value;

export const text: ArgumentType = (value) => {
  if (typeof value === 'string') return value;
  throw templateError(`wrong type for value; expected string; got ${typeName(value)}`);
};

/** What a query gives. */
export const vector: ArgumentType = (value) => {
  if (Array.isArray(value)) return value as readonly RuleSample[];
  throw templateError(`expected what a query gives, found ${typeName(value)} ${valueText(value)}`);
};

export const sample: ArgumentType = (value) => {
  if (isSample(value)) return value;
  throw templateError(
    `expected an element of a query's result, found ${typeName(value)} ${valueText(value)}`,
  );
};
