/** Search parameters as they stand in the address: text, or a list where a name is repeated. */
export type SearchText = Record<string, string | string[] | undefined>;

/** Reads `?a=1&b=x&b=y`. Every value is text; numbers and JSON are not guessed at. */
export function parseSearchText(search: string): SearchText {
  const found: SearchText = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = found[name];
    if (before === undefined) found[name] = value;
    else found[name] = [...(typeof before === 'string' ? [before] : before), value];
  }
  return found;
}

/** Writes search parameters so that a person can read them: `?q=is:new+service:tracks&from=now-6h`. */
export function printSearchText(search: Record<string, unknown>): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value])
      pairs.push(`${encode(name)}=${encode(String(one))}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

const READABLE: Record<string, string> = {
  '%3A': ':',
  '%2C': ',',
  '%2F': '/',
  '%40': '@',
  '%20': '+',
  '%24': '$',
};

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /%(?:3A|2C|2F|40|20|24)/g,
    (code) => READABLE[code]!,
  );
}
