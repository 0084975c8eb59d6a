import { expect, test } from 'vitest';
import { commonFlags } from './commonFlags.ts';
import { flag } from './flagDefinitions.ts';
import { flagHelp } from './flagHelp.ts';
import { parseFlags } from './parseFlags.ts';

const subject = { name: 'demo', version: '1.0.0', description: 'A demo.' };

test('help groups the flags and shows values and defaults', () => {
  const help = flagHelp(subject, {
    'a.size': flag.size({ help: 'How large.', default: '2MB' }),
    'b.on': flag.boolean({ help: 'Whether.', group: 'Other' }),
    'c.names': flag.strings({ help: 'Names.', placeholder: 'name' }),
    'd.url': flag.string({ help: 'Where.', required: true }),
    'e.level': flag.enum({ help: 'Level.', values: ['low', 'high'], default: 'low' }),
    'f.hidden': flag.string({ help: 'Not shown.', hidden: true }),
  });
  expect(help).toBe(`usage: demo [<flags>]

A demo.

demo:
  --a.size=<size>                 How large. Default: 2MB.
  --c.names=<name>                Names. May be repeated.
  --d.url=<string>                Where. Required.
  --e.level=<low|high>            Level. Default: low.

Other:
  --[no-]b.on                     Whether. Default: false.

General:
  -h, --help                      Show this text.
  --version                       Show the version (1.0.0).
`);
});

test('every common flag is in the help, and no line is wider than 100', () => {
  const flags = commonFlags(4999);
  const help = flagHelp(subject, flags);
  for (const name of Object.keys(flags)) expect(help).toContain(name);
  for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
});

test.each([
  ['--web.listen-address=9090', 'expected host:port, [ipv6]:port or :port; found "9090"; write :9090'],
  ['--web.listen-address=localhost:99999', 'found "localhost:99999"'],
  ['--web.listen-address=::1:80', 'found "::1:80"'],
  [
    '--web.external-url=example.com',
    'expected a URL such as https://example.com/metrics; found "example.com"',
  ],
  ['--web.cors.origin=(', '--web.cors.origin: '],
  ['--web.max-connections=0', 'expected a whole number of at least 1; found "0"'],
])('the common flag %s is refused', (argument, message) => {
  expect(() => parseFlags(commonFlags(4999), [argument])).toThrow(message);
});

test.each([':9595', '0.0.0.0:80', 'host.example:0', '[::1]:9595', '[fe80::1%eth0]:1'])(
  '%s is an address',
  (address) => {
    expect(parseFlags(commonFlags(4999), [`--web.listen-address=${address}`])).toMatchObject({
      values: { 'web.listen-address': address },
    });
  },
);
