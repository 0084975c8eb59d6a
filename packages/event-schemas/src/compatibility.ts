/** One reason why two schemas do not understand each other. */
export interface Incompatibility {
  /** JSON pointer into the data. */
  readonly path: string;
  readonly reason: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about which data is valid. */
const ANNOTATIONS = new Set([
  'title',
  'description',
  'examples',
  'default',
  '$id',
  '$schema',
  '~kind',
  '~optional',
]);

/**
 * FULL compatibility of two JSON Schemas: data written with either is valid under the other. Checked against every
 * version that was ever published, this is FULL_TRANSITIVE: a replay reads old events with new code, and a rollback
 * reads new events with old code. Only optional properties may come and go.
 */
export function compareSchemas(older: Schema, newer: Schema, path = ''): Incompatibility[] {
  if (
    older['type'] === 'object' &&
    newer['type'] === 'object' &&
    isObject(older['properties']) &&
    isObject(newer['properties'])
  ) {
    return [
      ...compareProperties(older, newer, path),
      ...compareRest(older, newer, path, ['properties', 'required', 'additionalProperties']),
    ];
  }
  if (
    older['type'] === 'array' &&
    newer['type'] === 'array' &&
    isObject(older['items']) &&
    isObject(newer['items'])
  ) {
    return [
      ...compareSchemas(older['items'], newer['items'], `${path}/*`),
      ...compareRest(older, newer, path, ['items']),
    ];
  }
  return compareRest(older, newer, path, []);
}

function compareProperties(older: Schema, newer: Schema, path: string): Incompatibility[] {
  const before = older['properties'] as Record<string, Schema>;
  const after = newer['properties'] as Record<string, Schema>;
  const requiredBefore = new Set(older['required'] as string[] | undefined);
  const requiredAfter = new Set(newer['required'] as string[] | undefined);
  const found: Incompatibility[] = [];
  for (const schema of [older, newer]) {
    if (schema['additionalProperties'] === false) {
      found.push({ path, reason: 'refuses fields it does not know, so no field can ever be added' });
    }
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = `${path}/${name}`;
    if (requiredBefore.has(name) && !requiredAfter.has(name)) {
      found.push({ path: at, reason: 'was required and no longer is: older readers need it' });
    } else if (!requiredBefore.has(name) && requiredAfter.has(name)) {
      found.push({ path: at, reason: 'became required: older events lack it' });
    }
    if (before[name] !== undefined && after[name] !== undefined)
      found.push(...compareSchemas(before[name], after[name], at));
  }
  return found;
}

/** Every other keyword that constrains data must be the same. */
function compareRest(
  older: Schema,
  newer: Schema,
  path: string,
  handled: readonly string[],
): Incompatibility[] {
  const found: Incompatibility[] = [];
  for (const keyword of new Set([...Object.keys(older), ...Object.keys(newer)])) {
    if (ANNOTATIONS.has(keyword) || handled.includes(keyword)) continue;
    const [before, after] = [canonical(older[keyword]), canonical(newer[keyword])];
    if (before !== after)
      found.push({ path: path || '/', reason: `${keyword} was ${before} and is ${after}` });
  }
  return found;
}

function canonical(value: unknown): string {
  const strip = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(strip);
    if (!isObject(inner)) return inner;
    const kept = Object.entries(inner).filter(([key]) => !ANNOTATIONS.has(key));
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, v]) => [key, strip(v)]));
  };
  return value === undefined ? 'absent' : JSON.stringify(strip(value));
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
