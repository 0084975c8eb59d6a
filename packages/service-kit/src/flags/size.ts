const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];
const PATTERN = /^(\d+(?:\.\d+)?)(?:([KMGTPE])i?)?(B)?$/i;

/** Bytes of a size such as `512MB`, `1.5GiB` or `1024`. A kilobyte has 1024 bytes, as in Prometheus's flags. */
export function parseSize(text: string): number {
  const [, amount, prefix = ''] = PATTERN.exec(text) ?? [];
  if (amount === undefined) {
    throw new Error(`expected a size such as 512MB or 2GB; found ${JSON.stringify(text)}`);
  }
  const bytes = Math.round(Number(amount) * 1024 ** UNITS.indexOf(`${prefix.toUpperCase()}B`));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new Error(`expected a size of less than 8PB; found ${text}`);
}

/** The text of a size in the largest unit that divides it evenly. */
export function formatSize(bytes: number): string {
  let rest = bytes;
  let unit = 0;
  while (rest > 0 && rest % 1024 === 0 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest}${UNITS[unit]}`;
}
