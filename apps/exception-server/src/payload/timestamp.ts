const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)$/;

/**
 * Microseconds since 1970 of an RFC 3339 text with any offset and up to nine digits of a second (what is
 * finer than a microsecond is cut), or of a number of unix seconds. Null for anything else and for years
 * before 1970, which is how Go writes "no time".
 */
export function parseTimestampUs(value: unknown): number | null {
  if (typeof value === 'number') {
    const us = Math.floor(value * 1e6);
    return Number.isSafeInteger(us) && us > 0 ? us : null;
  }
  if (typeof value !== 'string') return null;
  const match = RFC3339.exec(value);
  if (match === null) return null;
  const [, date, time, fraction = '', offset] = match;
  const zone = offset!.length === 5 ? `${offset!.slice(0, 3)}:${offset!.slice(3)}` : offset!.toUpperCase();
  const wholeMs = Date.parse(`${date}T${time}${zone}`);
  if (!(wholeMs > 0)) return null;
  return wholeMs * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
