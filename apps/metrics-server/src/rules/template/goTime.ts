import { templateError } from './templateError.ts';
import type { TemplateValue } from './values.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** The parts of a layout, as Go writes them: Monday, 2 January 2006, 15:04:05, in a zone of -0700. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|__2|_2|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g;

/** Go's time.Time of `toTime`, in UTC and whole milliseconds. */
export class GoTime {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  call(method: string, args: readonly TemplateValue[]): TemplateValue {
    const time = new Date(this.#ms);
    if (method === 'Format') {
      const [layout] = args;
      if (args.length === 1 && typeof layout === 'string') return this.format(layout);
      throw templateError('Format expects a layout such as "2006-01-02 15:04:05"');
    }
    if (args.length > 0) throw templateError(`${method} takes no arguments`);
    switch (method) {
      case 'Unix':
        return BigInt(Math.floor(this.#ms / 1000));
      case 'UnixMilli':
        return BigInt(this.#ms);
      case 'UnixNano':
        return BigInt(this.#ms) * 1_000_000n;
      case 'Year':
        return BigInt(time.getUTCFullYear());
      case 'Month':
        return MONTHS[time.getUTCMonth()];
      case 'Weekday':
        return DAYS[time.getUTCDay()];
      case 'Day':
        return BigInt(time.getUTCDate());
      case 'YearDay':
        return BigInt(dayOfYear(time));
      case 'Hour':
        return BigInt(time.getUTCHours());
      case 'Minute':
        return BigInt(time.getUTCMinutes());
      case 'Second':
        return BigInt(time.getUTCSeconds());
      case 'UTC':
        return this;
      case 'String':
        return this.toString();
    }
    throw templateError(`can't evaluate field ${method} in type *time.Time`);
  }

  /** The time by a layout of Go. */
  format(layout: string): string {
    const time = new Date(this.#ms);
    const two = (value: number): string => String(value).padStart(2, '0');
    const hour = time.getUTCHours();
    const fraction = String(time.getUTCMilliseconds()).padStart(3, '0').padEnd(9, '0');
    const parts: Readonly<Record<string, string>> = {
      January: MONTHS[time.getUTCMonth()]!,
      Jan: MONTHS[time.getUTCMonth()]!.slice(0, 3),
      Monday: DAYS[time.getUTCDay()]!,
      Mon: DAYS[time.getUTCDay()]!.slice(0, 3),
      MST: 'UTC',
      2006: String(time.getUTCFullYear()).padStart(4, '0'),
      '06': two(time.getUTCFullYear() % 100),
      '01': two(time.getUTCMonth() + 1),
      1: String(time.getUTCMonth() + 1),
      '02': two(time.getUTCDate()),
      _2: String(time.getUTCDate()).padStart(2),
      2: String(time.getUTCDate()),
      '002': String(dayOfYear(time)).padStart(3, '0'),
      __2: String(dayOfYear(time)).padStart(3),
      15: two(hour),
      '03': two(hour % 12 || 12),
      3: String(hour % 12 || 12),
      '04': two(time.getUTCMinutes()),
      4: String(time.getUTCMinutes()),
      '05': two(time.getUTCSeconds()),
      5: String(time.getUTCSeconds()),
      PM: hour < 12 ? 'AM' : 'PM',
      pm: hour < 12 ? 'am' : 'pm',
    };
    return layout.replaceAll(LAYOUT, (part) => {
      if (part in parts) return parts[part]!;
      if (part.startsWith('Z')) return 'Z';
      if (part.startsWith('-')) return part.replaceAll('7', '0').replace('-', '+');
      const digits = fraction.slice(0, part.length - 1);
      if (part[1] === '0') return part[0]! + digits;
      const short = digits.replace(/0+$/, '');
      return short === '' ? '' : part[0]! + short;
    });
  }

  toString(): string {
    return this.format('2006-01-02 15:04:05.999 -0700 MST');
  }
}

/** Go's time.Duration of `toDuration`. */
export class GoDuration {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  call(method: string, args: readonly TemplateValue[]): TemplateValue {
    if (args.length > 0) throw templateError(`${method} takes no arguments`);
    switch (method) {
      case 'Seconds':
        return this.seconds;
      case 'Minutes':
        return this.seconds / 60;
      case 'Hours':
        return this.seconds / 3600;
      case 'Milliseconds':
        return BigInt(Math.trunc(this.seconds * 1e3));
      case 'Microseconds':
        return BigInt(Math.trunc(this.seconds * 1e6));
      case 'Nanoseconds':
        return BigInt(Math.trunc(this.seconds * 1e9));
      case 'Abs':
        return new GoDuration(Math.abs(this.seconds));
      case 'String':
        return this.toString();
    }
    throw templateError(`can't evaluate field ${method} in type *time.Duration`);
  }

  /** As in `1h1m1.5s`, `1.5ms` and `0s`. */
  toString(): string {
    const size = Math.abs(this.seconds);
    const sign = this.seconds < 0 ? '-' : '';
    if (size === 0) return '0s';
    for (const [unit, factor] of [
      ['ns', 1e9],
      ['µs', 1e6],
      ['ms', 1e3],
    ] as const) {
      if (size * factor < 999.999_999_5) return `${sign}${Number((size * factor).toFixed(6))}${unit}`;
    }
    const hours = Math.floor(size / 3600);
    const minutes = Math.floor((size % 3600) / 60);
    const seconds = Number((size % 60).toFixed(9));
    if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
    return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
  }
}

function dayOfYear(time: Date): number {
  return Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}
