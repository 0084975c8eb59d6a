import { messageOf, MetricsServerError } from '../../errors.ts';
import type { TemplateData } from './template.ts';
import { fieldOf } from './fieldOf.ts';
import { functionNamed } from './functions.ts';
import type { Operand, Pipeline } from './nodes.ts';
import { checkCount } from './signature.ts';
import { templateError } from './templateError.ts';
import { isTrue, type TemplateValue } from './values.ts';

/** What a pipeline can name. */
export interface Scope {
  readonly dot: TemplateValue;
  readonly data: TemplateData;
  variable(name: string): TemplateValue;
  /** The text that a defined template prints. */
  template(name: string, value: TemplateValue): Promise<string>;
}

/** The value of a pipeline, which is read from left to right. Throws METRICS_TEMPLATE. */
export async function evaluate({ commands }: Pipeline, scope: Scope): Promise<TemplateValue> {
  let piped: readonly [] | readonly [TemplateValue] = [];
  for (const command of commands) piped = [await commandOf(command, piped, scope)];
  return piped[0];
}

/** A function or a method with its arguments, what was piped last; or one value. */
async function commandOf(
  command: readonly Operand[],
  piped: readonly TemplateValue[],
  scope: Scope,
): Promise<TemplateValue> {
  const [head, ...operands] = command as readonly [Operand, ...Operand[]];
  if (head.kind === 'function') return callOf(head.name, operands, piped, scope);
  if (head.kind === 'fields') {
    const args = [];
    for (const operand of operands) args.push(await operandOf(operand, scope));
    return fieldsOf(head, [...args, ...piped], scope);
  }
  if (head.kind === 'nil') throw templateError('nil is not a command');
  if (operands.length > 0 || piped.length > 0) {
    throw templateError(`can't give argument to non-function ${nameOf(head)}`);
  }
  return operandOf(head, scope);
}

async function operandOf(operand: Operand, scope: Scope): Promise<TemplateValue> {
  switch (operand.kind) {
    case 'dot':
      return scope.dot;
    case 'nil':
      return undefined;
    case 'constant':
      return operand.value;
    case 'variable':
      return scope.variable(operand.name);
    case 'function':
      return callOf(operand.name, [], [], scope);
    case 'pipeline':
      return evaluate(operand.pipeline, scope);
    case 'fields':
      return fieldsOf(operand, [], scope);
  }
}

/** The last field may be a method, which gets the arguments. */
async function fieldsOf(
  { of, names }: Extract<Operand, { kind: 'fields' }>,
  args: readonly TemplateValue[],
  scope: Scope,
): Promise<TemplateValue> {
  const value = await operandOf(of, scope);
  return names.reduce(
    (current, name, i) => fieldOf(current, name, i === names.length - 1 ? args : []),
    value,
  );
}

async function callOf(
  name: string,
  operands: readonly Operand[],
  piped: readonly TemplateValue[],
  scope: Scope,
): Promise<TemplateValue> {
  const called = functionNamed(name);
  checkCount(name, called, operands.length + piped.length);
  if (name === 'and' || name === 'or') return firstThat(name === 'or', operands, piped, scope);
  const args: TemplateValue[] = [];
  for (const operand of operands) args.push(await operandOf(operand, scope));
  args.push(...piped);
  try {
    const checked = args.map((value, i) => (called.types[i] ?? called.rest!)(value));
    return await (surroundings(name, checked, scope) ?? called.call(...checked));
  } catch (error) {
    const isOurs = error instanceof MetricsServerError && error.message.startsWith('error calling ');
    throw isOurs ? error : templateError(`error calling ${name}: ${messageOf(error)}`);
  }
}

/** `and` and `or` do not look further than they must. */
async function firstThat(
  wanted: boolean,
  operands: readonly Operand[],
  piped: readonly TemplateValue[],
  scope: Scope,
): Promise<TemplateValue> {
  let value: TemplateValue;
  for (const operand of operands) {
    value = await operandOf(operand, scope);
    if (isTrue(value) === wanted) return value;
  }
  return piped.length > 0 ? piped[0] : value;
}

/** What functions that look at the surroundings of the template give; undefined for all others. */
function surroundings(
  name: string,
  [first, second]: readonly TemplateValue[],
  { data, template }: Scope,
): Promise<TemplateValue> | TemplateValue {
  switch (name) {
    case 'query':
      return data.query(first as string);
    case 'externalURL':
      return data.externalUrl;
    case 'pathPrefix':
      return URL.parse(data.externalUrl)?.pathname.replace(/\/$/, '') ?? '';
    case 'now':
      return data.timeMs / 1000;
    case 'tmpl':
      return template(first as string, second);
  }
  return undefined;
}

function nameOf(operand: Operand): string {
  if (operand.kind === 'variable') return operand.name;
  return operand.kind === 'constant' ? String(operand.value) : 'a value';
}
