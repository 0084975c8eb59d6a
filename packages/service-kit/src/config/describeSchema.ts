/** What the messages need of a JSON Schema. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly expected?: string;
  readonly secret?: boolean;
}

const MAX_SHOWN = 60;

/** Completes "expected …". */
export function describeExpected(schema: SchemaNode): string {
  if (schema.expected !== undefined) return schema.expected;
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(describeExpected))].join(' or ');
  switch (schema.type) {
    case 'string':
      return describeText(schema);
    case 'integer':
    case 'number':
      return (schema.type === 'integer' ? 'a whole number' : 'a number') + describeRange(schema);
    case 'boolean':
      return 'true or false';
    case 'array':
      return describeList(schema);
    case 'object':
      return 'a mapping of keys to values';
    default:
      return 'another value';
  }
}

/** Completes "found …", without showing a secret. */
export function describeFound(schema: SchemaNode, found: unknown): string {
  if (found === undefined || found === null) return 'nothing';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : `a list of ${found.length}`;
  if (typeof found === 'object') return 'a mapping';
  if (schema.secret === true) return 'a secret that is not shown';
  const text = JSON.stringify(found);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function choicesOf({ const: constant, enum: values, anyOf }: SchemaNode): string[] | undefined {
  if (constant !== undefined) return [String(constant)];
  if (values !== undefined) return values.map(String);
  const nested = anyOf?.map(choicesOf);
  return nested?.every((each) => each !== undefined) ? nested.flat() : undefined;
}

function describeText({ format, pattern, minLength = 0, maxLength }: SchemaNode): string {
  if (format !== undefined) return `a text in the format ${format}`;
  if (pattern !== undefined) return `a text that matches ${pattern}`;
  if (maxLength !== undefined) return `a text of ${minLength} to ${maxLength} characters`;
  if (minLength > 1) return `a text of at least ${minLength} characters`;
  return minLength === 1 ? 'a text that is not empty' : 'a text';
}

function describeRange(schema: SchemaNode): string {
  const parts = [
    schema.minimum === undefined ? '' : `at least ${schema.minimum}`,
    schema.exclusiveMinimum === undefined ? '' : `more than ${schema.exclusiveMinimum}`,
    schema.maximum === undefined ? '' : `at most ${schema.maximum}`,
    schema.exclusiveMaximum === undefined ? '' : `less than ${schema.exclusiveMaximum}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` of ${parts.join(' and ')}`;
}

function describeList({ minItems = 0, maxItems, uniqueItems }: SchemaNode): string {
  const size =
    maxItems !== undefined
      ? ` of ${minItems} to ${maxItems}`
      : minItems > 0
        ? ` of at least ${minItems}`
        : '';
  return `a list${size}${uniqueItems === true ? ' without duplicates' : ''}`;
}
