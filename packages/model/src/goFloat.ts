/**
 * The text of a float as Go's `strconv.FormatFloat(value, format, -1, 64)` gives it: the shortest digits that
 * read back to the same value. `f` never has an exponent, `e` always has one of at least two digits, and `g`
 * has one for exponents below -4 or of 6 and more.
 */
export function formatGoFloat(value: number, format: 'f' | 'e' | 'g' = 'f'): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (value === 0) {
    const zero = format === 'e' ? '0e+00' : '0';
    return Object.is(value, -0) ? `-${zero}` : zero;
  }
  const text = String(value);
  if (format === 'f' && !text.includes('e')) return text;
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (format === 'e' || (format === 'g' && (exponent < -4 || exponent >= 6))) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return withoutExponent(mantissa, exponent);
}

function withoutExponent(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?\d+))?$/;
const UNDERSCORES = /^[^_].*[^_]$/;

/**
 * Reads a float as Go's `strconv.ParseFloat` does (decimal, hexadecimal, `Inf`, `infinity`, `NaN` in any case,
 * underscores between digits). Undefined for anything else.
 */
export function parseGoFloat(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const lower = text.toLowerCase();
  switch (lower) {
    case 'nan':
      return NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Infinity;
    case '-inf':
    case '-infinity':
      return -Infinity;
  }
  if (text.includes('_')) {
    if (text.includes('__') || !UNDERSCORES.test(text) || !/^[+-]?0[xX]/.test(text)) return undefined;
    return parseGoFloat(text.replaceAll('_', ''));
  }
  const hex = HEX.exec(text);
  if (hex === null || hex[2]! + hex[3]! === '' || hex[4] === undefined) return undefined;
  const mantissa = Number(`0x${hex[2]}${hex[3]}`);
  const magnitude = mantissa * 2 ** (Number(hex[4]) - 4 * hex[3]!.length);
  return hex[1] === '-' ? -magnitude : magnitude;
}
