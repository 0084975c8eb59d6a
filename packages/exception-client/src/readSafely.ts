/** The value of a property of anything, or undefined where there is none or its getter (or proxy) throws. */
export function readSafely(value: unknown, property: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown>)[property];
  } catch {
    return undefined;
  }
}

/** The value of a property where that is a string. */
export function readString(value: unknown, property: PropertyKey): string | undefined {
  const found = readSafely(value, property);
  return typeof found === 'string' ? found : undefined;
}
