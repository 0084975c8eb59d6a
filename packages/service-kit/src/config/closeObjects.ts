import type { TSchema } from 'typebox';

/**
 * The schema with every object closed, so that an unknown key is an error. An object that says what
 * additional properties it takes is left as it is; an intersection is closed as a whole.
 */
export function closeObjects<S extends TSchema>(schema: S): S {
  return close(schema as Node, false) as S;
}

type Node = Record<string, unknown>;

function close(schema: Node, isPart: boolean): Node {
  // TypeBox keeps what it needs in properties that do not enumerate, so a spread would lose them.
  const copy: Node = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(schema));
  for (const key of ['properties', 'patternProperties', '$defs']) {
    if (isNode(copy[key])) copy[key] = mapValues(copy[key], (each) => close(each, false));
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const members = copy[key];
    if (Array.isArray(members)) copy[key] = members.map((each: Node) => close(each, key === 'allOf'));
  }
  if (Array.isArray(copy['items'])) copy['items'] = copy['items'].map((each: Node) => close(each, false));
  else if (isNode(copy['items'])) copy['items'] = close(copy['items'], false);
  if (isNode(copy['additionalProperties']))
    copy['additionalProperties'] = close(copy['additionalProperties'], false);
  if (isPart) return copy;
  if (copy['allOf'] !== undefined) copy['unevaluatedProperties'] ??= false;
  else if (copy['type'] === 'object' && copy['properties'] !== undefined)
    copy['additionalProperties'] ??= false;
  return copy;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(node: Node, map: (value: Node) => Node): Node {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, map(value as Node)]));
}
