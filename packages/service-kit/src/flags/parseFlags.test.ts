import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { flag, type FlagDefinitions } from './flagDefinitions.ts';
import { formatSize } from './size.ts';
import { parseFlags } from './parseFlags.ts';

const definitions = {
  'web.listen-address': flag.string({ help: 'Address.', default: ':9090' }),
  'web.config.file': flag.string({ help: 'File.' }),
  'scrape.timeout': flag.duration({ help: 'Timeout.', default: '1m30s' }),
  'storage.size': flag.size({ help: 'Size.', default: '512MB' }),
  'query.max-samples': flag.int({ help: 'Samples.', default: 50, min: 1, max: 1000 }),
  'log.level': flag.enum({ help: 'Level.', values: ['debug', 'info'], default: 'info' }),
  'web.enable-lifecycle': flag.boolean({ help: 'Lifecycle.' }),
  'web.color': flag.boolean({ help: 'Color.', default: true }),
  'enable-feature': flag.strings({ help: 'Feature.' }),
  'secret.flag': flag.string({ help: 'Hidden.', hidden: true }),
};

const values = (...argv: string[]) => {
  const parsed = parseFlags(definitions, argv);
  if (parsed.kind !== 'run') throw new Error(`asked for ${parsed.kind}`);
  return parsed.values;
};

test('defaults hold for what is not given', () => {
  expect(values()).toEqual({
    'web.listen-address': ':9090',
    'web.config.file': undefined,
    'scrape.timeout': 90_000,
    'storage.size': 512 * 1024 * 1024,
    'query.max-samples': 50,
    'log.level': 'info',
    'web.enable-lifecycle': false,
    'web.color': true,
    'enable-feature': [],
    'secret.flag': undefined,
  });
});

test('a flag takes = or a following value, and one dash or two', () => {
  for (const argv of [
    ['--scrape.timeout=5s'],
    ['--scrape.timeout', '5s'],
    ['-scrape.timeout=5s'],
    ['-scrape.timeout', '5s'],
  ]) {
    expect(values(...argv)['scrape.timeout']).toBe(5000);
  }
});

test('a boolean takes no value, a value after =, or no-', () => {
  expect(values('--web.enable-lifecycle')['web.enable-lifecycle']).toBe(true);
  expect(values('--web.enable-lifecycle=false')['web.enable-lifecycle']).toBe(false);
  expect(values('--no-web.color')['web.color']).toBe(false);
  expect(values('--web.enable-lifecycle', '--log.level=debug')['log.level']).toBe('debug');
});

test('help and version are asked for among other flags, even wrong ones', () => {
  for (const argument of ['--help', '-help', '-h']) {
    expect(parseFlags(definitions, ['--nonsense', argument])).toEqual({ kind: 'help' });
  }
  expect(parseFlags(definitions, ['--version'])).toEqual({ kind: 'version' });
});

test('a value may hold =, spaces, newlines and nothing at all', () => {
  expect(values('--web.config.file=a=b c\nd')['web.config.file']).toBe('a=b c\nd');
  expect(values('--web.config.file=')['web.config.file']).toBe('');
  expect(values('--web.config.file', '')['web.config.file']).toBe('');
});

test.each([
  [
    ['--web.listen-adress=x'],
    'FLAG_UNKNOWN',
    'unknown flag --web.listen-adress; did you mean --web.listen-address?',
  ],
  [
    ['--listen-address=x'],
    'FLAG_UNKNOWN',
    'unknown flag --listen-address; did you mean --web.listen-address?',
  ],
  [
    ['--web.listenaddress=x'],
    'FLAG_UNKNOWN',
    'unknown flag --web.listenaddress; did you mean --web.listen-address?',
  ],
  [['--zzzzzzz'], 'FLAG_UNKNOWN', 'unknown flag --zzzzzzz; see --help'],
  [['--secret.flog=1'], 'FLAG_UNKNOWN', 'unknown flag --secret.flog; see --help'],
  [['--constructor=1'], 'FLAG_UNKNOWN', 'unknown flag --constructor; see --help'],
  [
    ['--no-scrape.timeout'],
    'FLAG_UNKNOWN',
    'unknown flag --no-scrape.timeout; did you mean --scrape.timeout?',
  ],
  [['serve'], 'FLAG_UNEXPECTED_ARGUMENT', 'unexpected argument "serve"; every setting is a flag, see --help'],
  [['--'], 'FLAG_UNEXPECTED_ARGUMENT', 'unexpected argument "--"; every setting is a flag, see --help'],
  [
    ['--scrape.timeout'],
    'FLAG_VALUE_MISSING',
    '--scrape.timeout needs a value, found nothing; write --scrape.timeout=<duration>',
  ],
  [
    ['--web.config.file', '--web.color'],
    'FLAG_VALUE_MISSING',
    '--web.config.file needs a value, found "--web.color"; write --web.config.file=<string>',
  ],
  [
    ['--scrape.timeout=5'],
    'FLAG_VALUE_INVALID',
    '--scrape.timeout: expected a duration such as 30s, 5m or 1h30m, found "5"',
  ],
  [
    ['--storage.size=big'],
    'FLAG_VALUE_INVALID',
    '--storage.size: expected a size such as 512MB or 2GB; found "big"',
  ],
  [
    ['--storage.size=99999PB'],
    'FLAG_VALUE_INVALID',
    '--storage.size: expected a size of less than 8PB; found 99999PB',
  ],
  [
    ['--query.max-samples=0'],
    'FLAG_VALUE_INVALID',
    '--query.max-samples: expected a whole number between 1 and 1000; found "0"',
  ],
  [
    ['--query.max-samples', '-5'],
    'FLAG_VALUE_INVALID',
    '--query.max-samples: expected a whole number between 1 and 1000; found "-5"',
  ],
  [
    ['--query.max-samples=1e3'],
    'FLAG_VALUE_INVALID',
    '--query.max-samples: expected a whole number between 1 and 1000; found "1e3"',
  ],
  [['--log.level=loud'], 'FLAG_VALUE_INVALID', '--log.level: expected one of debug, info; found "loud"'],
  [['--web.color=yes'], 'FLAG_VALUE_INVALID', '--web.color: expected true or false; found "yes"'],
  [
    ['--no-web.color=true'],
    'FLAG_VALUE_INVALID',
    '--no-web.color takes no value; write --no-web.color alone',
  ],
  [
    ['--log.level=info', '--log.level=info'],
    'FLAG_REPEATED',
    '--log.level is given more than once; give it once',
  ],
])('%j is refused', (argv, code, message) => {
  expect(() => values(...argv)).toThrow(expect.objectContaining({ code, message }));
});

test('a required flag must be given', () => {
  const required = { 'storage.url': flag.string({ help: 'URL.', required: true, placeholder: 'url' }) };
  expect(() => parseFlags(required, [])).toThrow('--storage.url=<url> is required');
  expect(parseFlags(required, ['--storage.url=x'])).toEqual({ kind: 'run', values: { 'storage.url': 'x' } });
});

test('property: whatever is given in whatever style and order is what is read', () => {
  const given = fc.record(
    {
      'web.listen-address': fc.string().map((text) => [text, text] as const),
      'scrape.timeout': fc.nat(10_000).map((seconds) => [`${seconds}s`, seconds * 1000] as const),
      'storage.size': fc.nat(2 ** 40).map((bytes) => [formatSize(bytes), bytes] as const),
      'query.max-samples': fc.integer({ min: 1, max: 1000 }).map((n) => [String(n), n] as const),
      'log.level': fc.constantFrom('debug', 'info').map((level) => [level, level] as const),
      'web.enable-lifecycle': fc.boolean().map((on) => [String(on), on] as const),
    },
    { requiredKeys: [] },
  );
  const styles = fc.infiniteStream(fc.nat(3));
  fc.assert(
    fc.property(
      given,
      fc.array(fc.string(), { maxLength: 4 }),
      styles,
      fc.boolean(),
      (flags, features, style, reverse) => {
        const entries = Object.entries(flags);
        if (reverse) entries.reverse();
        const expected: Record<string, unknown> = { ...values(), 'enable-feature': features };
        const argv = features.map((feature) => `--enable-feature=${feature}`);
        for (const [name, [text, value]] of entries) {
          expected[name] = value;
          argv.push(...inStyle(name, text, style.next().value));
        }
        expect(values(...argv)).toEqual(expected);
      },
    ),
  );
});

function inStyle(name: string, text: string, style: number): string[] {
  if (style === 3 && name === 'web.enable-lifecycle') return [text === 'true' ? `--${name}` : `--no-${name}`];
  const dashes = style === 1 ? '-' : '--';
  const canFollow = style === 2 && name !== 'web.enable-lifecycle' && !/^-\D|^-$/.test(text);
  return canFollow ? [`${dashes}${name}`, text] : [`${dashes}${name}=${text}`];
}

test('property: no command line does anything but parse or give a UsageError', () => {
  const names = Object.keys(definitions);
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(...names).map((name) => `--${name}`),
    fc.tuple(fc.constantFrom(...names), fc.string()).map(([name, text]) => `-${name}=${text}`),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (argv) => {
      try {
        parseFlags(definitions as FlagDefinitions, argv);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as UsageError).message).not.toBe('');
      }
    }),
  );
});
