import { formatGoFloat } from '@binnacle/model';
import { quote } from '@binnacle/promql';
import { typedText, valueText } from './format.ts';
import { GoDuration } from './goTime.ts';
import { typeName, type TemplateValue } from './values.ts';

const VERB = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(.|$)/gsu;
const MAX_WIDTH = 10_000;
const MAX_DIGITS = 100;
/** Enough to see that nothing follows a 5: a float is a tie only with few digits. */
const TIE_DIGITS = 30;

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** Go's Sprintf, with its complaints in the text. */
export function printf(format: string, values: readonly TemplateValue[]): string {
  let next = 0;
  const text = format.replaceAll(
    VERB,
    (all, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '') return '%!(NOVERB)';
      if (verb === '%') return '%';
      const sizeOf = (digits: string | undefined): number | undefined => {
        const size = digits === '*' ? values[next++] : digits;
        return size === undefined ? undefined : Math.max(-MAX_WIDTH, Math.min(Number(size), MAX_WIDTH));
      };
      const wide = sizeOf(width) ?? 0;
      const precise = sizeOf(precision) ?? (all.includes('.') ? 0 : undefined);
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const isLeft = wide < 0 || flags.includes('-');
      const directive = { flags, width: Math.abs(wide), precision: precise, verb };
      return padded(textOf(values[next++], directive), directive, isLeft);
    },
  );
  const extra = values.slice(next).map(typedText);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

function padded(text: string, { flags, width, verb }: Verb, isLeft: boolean): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (isLeft) return text + ' '.repeat(missing);
  const isNumber = /^[+-]?\d/.test(text) && !'sqvT'.includes(verb);
  if (!flags.includes('0') || !(isNumber || 'sv'.includes(verb))) return ' '.repeat(missing) + text;
  const sign = /^[+\- ]/.test(text) && verb !== 's' ? text[0]! : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function textOf(value: TemplateValue, directive: Verb): string {
  const { verb, flags, precision } = directive;
  if (verb === 'T') return typeName(value);
  if (value === undefined) return verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`;
  const found = formatted(value, directive);
  if (found === undefined) return `%!${verb}(${typedText(value)})`;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const isSigned = isNumber && 'vdeEfFgGboxX'.includes(verb) && !/^[+-]/.test(found);
  const sign = isSigned ? (/[+ ]/.exec(flags.includes('+') ? '+' : flags)?.[0] ?? '') : '';
  if (!isNumber && precision !== undefined && 'sv'.includes(verb))
    return [...found].slice(0, precision).join('');
  return sign + found;
}

function formatted(value: TemplateValue, directive: Verb): string | undefined {
  const { verb } = directive;
  if (typeof value === 'number') return floatText(value, directive);
  if (typeof value === 'bigint') return intText(value, directive);
  if (typeof value === 'boolean') return 'tv'.includes(verb) ? String(value) : undefined;
  if (value instanceof GoDuration && verb === 'd') return String(Math.trunc(value.seconds * 1e9));
  const text = valueText(value);
  switch (verb) {
    case 'v':
      return directive.flags.includes('#') && typeof value === 'string' ? quote(text) : text;
    case 's':
      return text;
    case 'q':
      if (directive.flags.includes('#') && !/[`\u0000-\u0008\u000a-\u001f]/.test(text)) return `\`${text}\``;
      return quote(text);
    case 'x':
      return typeof value === 'string' ? Buffer.from(text).toString('hex') : undefined;
    case 'X':
      return typeof value === 'string' ? Buffer.from(text).toString('hex').toUpperCase() : undefined;
  }
  return undefined;
}

function intText(value: bigint, { verb, flags, precision }: Verb): string | undefined {
  const size = value < 0n ? -value : value;
  const digits = (radix: number, prefix = ''): string => {
    const text = size.toString(radix).padStart(precision ?? 0, '0');
    return (value < 0n ? '-' : '') + (flags.includes('#') ? prefix : '') + text;
  };
  switch (verb) {
    case 'v':
    case 'd':
      return digits(10);
    case 'b':
      return digits(2, '0b');
    case 'o':
      return digits(8, '0');
    case 'x':
      return digits(16, '0x');
    case 'X':
      return digits(16)
        .toUpperCase()
        .replace(/^(-?)/, flags.includes('#') ? '$10X' : '$1');
    case 'c':
      return runeOf(value);
    case 'q':
      return `'${runeOf(value)}'`;
    case 'U':
      return `U+${size.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return undefined;
}

function runeOf(value: bigint): string {
  return value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : '\ufffd';
}

function floatText(value: number, { verb, precision }: Verb): string | undefined {
  if (!'vgGeEfF'.includes(verb)) return undefined;
  if (!Number.isFinite(value)) return formatGoFloat(value);
  switch (verb) {
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6);
    case 'e':
      return exponential(value, precision ?? 6);
    case 'E':
      return exponential(value, precision ?? 6).toUpperCase();
    case 'G':
      return general(value, precision).toUpperCase();
  }
  return general(value, precision);
}

/** Go's %g: the shortest digits, or at most `precision` of them. */
export function general(value: number, precision: number | undefined): string {
  if (precision === undefined || !Number.isFinite(value)) return formatGoFloat(value, 'g');
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const digits = Math.max(1, Math.min(precision, MAX_DIGITS));
  const { mantissa, exponent } = rounded(value, digits - 1);
  const short = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (exponent < -4 || exponent >= digits) return short(mantissa) + exponentOf(exponent);
  return short(Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, digits - 1 - exponent)));
}

function fixed(value: number, digits: number): string {
  const places = Math.min(digits, MAX_DIGITS);
  // toFixed gives up above 1e21.
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + (places > 0 ? `.${'0'.repeat(places)}` : '');
  return tieToEven(value.toFixed(places), value.toFixed(Math.min(places + TIE_DIGITS, MAX_DIGITS)));
}

function exponential(value: number, digits: number): string {
  const { mantissa, exponent } = rounded(value, Math.min(digits, MAX_DIGITS));
  return mantissa + exponentOf(exponent);
}

function rounded(value: number, digits: number): { mantissa: string; exponent: number } {
  const [mantissa, exponent] = value.toExponential(digits).split('e') as [string, string];
  const [exact, exactExponent] = value.toExponential(Math.min(digits + TIE_DIGITS, MAX_DIGITS)).split('e');
  // 9.5 that became 1e1 is no tie to look at: both ways of rounding make it even.
  const isSame = exactExponent === exponent;
  return { mantissa: isSame ? tieToEven(mantissa, exact!) : mantissa, exponent: Number(exponent) };
}

/** Of a number in the middle between two others, JavaScript takes the larger one and Go the even one. */
function tieToEven(roundedUp: string, exact: string): string {
  const cut = exact.slice(0, roundedUp.length);
  const rest = exact.slice(roundedUp.length).replace('.', '');
  return /^50*$/.test(rest) && /[02468]\.?$/.test(cut) ? cut.replace(/\.$/, '') : roundedUp;
}

/** `e+06`: a sign and at least two digits. */
function exponentOf(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
