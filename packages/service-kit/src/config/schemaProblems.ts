import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { nearestName } from '../flags/nearestName.ts';
import { describeExpected, describeFound, type SchemaNode } from './describeSchema.ts';

/** A violation of the schema, where it is in the value. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly message: string;
  /** The path names a key that should not be there, rather than a value. */
  readonly isKey: boolean;
  /** A text would do where a number or a boolean was found. */
  readonly expectsText: boolean;
}

/** More than this in one file are not listed. */
const MAX_PROBLEMS = 100;

/** Everything in which the value differs from the schema, in the words of the person who wrote the value. */
export function schemaProblems(schema: TSchema, value: unknown): SchemaProblem[] {
  const errors = allErrors(schema, value).filter(({ keyword }) => keyword !== 'boolean');
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const outside = errors.filter((error) => !unions.some((union) => isWithin(error, union)));
  return outside.flatMap((error) => {
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    const found = valueAt(value, path);
    const at = schemaAt(schema, error.schemaPath);
    if (error.keyword === 'anyOf') return unionProblems(at, found, path);
    return problemsOf(error, at, found, path);
  });
}

type SchemaErrors = ReturnType<typeof Value.Errors>;
type SchemaError = SchemaErrors[number];

/** TypeBox stops after eight errors unless told otherwise. */
function allErrors(schema: TSchema, value: unknown): SchemaErrors {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: MAX_PROBLEMS });
  try {
    return Value.Errors(schema, value);
  } finally {
    Settings.Set({ maxErrors });
  }
}

/** True for the error of one alternative of a union; the union's own error stands for all of them. */
function isWithin(error: SchemaError, union: SchemaError): boolean {
  return (
    error.schemaPath.startsWith(`${union.schemaPath}/anyOf/`) &&
    `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
  );
}

/** When just one alternative has the shape of the value, what is wrong is what that one says. */
function unionProblems(union: SchemaNode, found: unknown, path: readonly string[]): SchemaProblem[] {
  const alike = (union.anyOf ?? []).filter((member) => hasShapeOf(member, found));
  if (alike.length === 1) {
    return schemaProblems(alike[0] as TSchema, found).map((problem) => ({
      ...problem,
      path: [...path, ...problem.path],
    }));
  }
  return [mismatch(union, found, path)];
}

function hasShapeOf(member: SchemaNode, found: unknown): boolean {
  if (Array.isArray(found)) return member.type === 'array';
  if (typeof found !== 'object' || found === null || member.type !== 'object') return false;
  const tags = Object.entries(member.properties ?? {}).filter(([, property]) => 'const' in property);
  return tags.every(([key, property]) => (found as Record<string, unknown>)[key] === property.const);
}

function problemsOf(
  error: SchemaError,
  at: SchemaNode,
  found: unknown,
  path: readonly string[],
): SchemaProblem[] {
  switch (error.keyword) {
    case 'additionalProperties':
      return error.params.additionalProperties.map((key) => unknownKey(at, path, key));
    case 'unevaluatedProperties':
      return error.params.unevaluatedProperties.map((key) => unknownKey(at, path, String(key)));
    case 'required':
      return error.params.requiredProperties.map((key) => ({
        path,
        isKey: false,
        expectsText: false,
        message: `the key ${JSON.stringify(key)} is missing; expected ${describeExpected(at.properties?.[key] ?? {})}`,
      }));
    default:
      return [mismatch(at, found, path)];
  }
}

function unknownKey(at: SchemaNode, path: readonly string[], key: string): SchemaProblem {
  const members = [at, ...(at.allOf ?? [])];
  const known = members.flatMap((member) => Object.keys(member.properties ?? {}));
  const nearest = nearestName(key, known);
  const all = known.length === 0 ? 'none is known here' : `known here: ${known.join(', ')}`;
  const hint = nearest === undefined ? all : `did you mean ${nearest}?`;
  const message = `unknown key ${JSON.stringify(key)}; ${hint}`;
  return { path: [...path, key], isKey: true, expectsText: false, message };
}

function mismatch(at: SchemaNode, found: unknown, path: readonly string[]): SchemaProblem {
  const message = `expected ${describeExpected(at)}; found ${describeFound(at, found)}`;
  const isScalar = typeof found === 'number' || typeof found === 'boolean';
  return { path, isKey: false, expectsText: isScalar && takesText(at), message };
}

function takesText({ type, anyOf = [] }: SchemaNode): boolean {
  return type === 'string' || anyOf.some(takesText);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], value as unknown);
}

function schemaAt(schema: TSchema, schemaPath: string): SchemaNode {
  return (valueAt(schema, schemaPath.split('/').slice(1).map(unescapePointer)) ?? {}) as SchemaNode;
}

function unescapePointer(text: string): string {
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
