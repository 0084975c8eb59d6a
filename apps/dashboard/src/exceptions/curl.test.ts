import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { HttpContext } from '../api/types.ts';
import { curlCommand, shellQuote } from './curl.ts';
import { isSecretName, redactBody, redactUrl } from './redact.ts';

const base: HttpContext = { method: 'GET', url: 'http://tracks.local/tracks/7', headers: null, body: null };

/** What curl would receive: the command is run by a real shell in which curl prints its arguments. */
function argumentsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('curlCommand', () => {
  test('sends method, address, headers and body as they were', () => {
    const command = curlCommand({
      method: 'post',
      url: 'http://tracks.local/tracks?q=[a]{b}',
      headers: { 'Content-Type': 'application/json', Accept: '*/*', 'Content-Length': '12', 'X-Empty': '' },
      body: '{"title":"it\'s \\"loud\\" $HOME `id`\n"}',
    });
    expect(argumentsOf(command)).toEqual([
      '--globoff', '--request', 'POST', '--url', 'http://tracks.local/tracks?q=[a]{b}',
      '--header', 'Content-Type: application/json', '--header', 'Accept: */*', '--header', 'X-Empty;',
      '--data-raw', '{"title":"it\'s \\"loud\\" $HOME `id`\n"}',
    ]); // prettier-ignore
  });

  test.each([
    "http://a/'; touch /tmp/owned; '",
    'http://a/$(touch /tmp/owned)`id`"\\',
    "http://a/\n'\n; id #",
    'http://a/!history ~ * ? [x]',
    'http://a/\u001b[201~id\r',
    "http://a/\u009b31m'\\x",
  ])('a hostile address stays one argument: %j', (url) => {
    expect(argumentsOf(curlCommand({ ...base, url }))).toEqual(['--globoff', '--url', url]);
  });

  test('no control character reaches the clipboard', () => {
    const command = curlCommand({ ...base, url: 'http://a/\u001b]0;x\u0007', body: 'a\u0008b' });
    // eslint-disable-next-line no-control-regex
    expect(command).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  test('an address or body that looks like an option or a file stays data', () => {
    const found = argumentsOf(
      curlCommand({ method: 'PUT', url: '-o/etc/passwd', headers: null, body: '@/etc/passwd' }),
    );
    expect(found).toEqual([
      '--globoff',
      '--request',
      'PUT',
      '--url',
      '-o/etc/passwd',
      '--data-raw',
      '@/etc/passwd',
    ]);
  });

  test('a header cannot read a file, add a header or carry a line break', () => {
    const headers = { '@/etc/passwd': 'x', 'X-A': 'one\r\nX-Injected: two', 'bad name': 'x' };
    expect(argumentsOf(curlCommand({ ...base, headers }))).toEqual([
      '--globoff',
      '--url',
      base.url,
      '--header',
      'X-A: one X-Injected: two',
    ]);
  });

  test('a method that is not a word is not passed on', () => {
    expect(argumentsOf(curlCommand({ ...base, method: 'GET; id' }))).toEqual([
      '--globoff',
      '--url',
      base.url,
    ]);
  });

  test('a path becomes an address by the Host header', () => {
    const headers = { Host: 'tracks.local:4103', 'X-Forwarded-Proto': 'https', Accept: '*/*' };
    const found = argumentsOf(curlCommand({ ...base, url: '/tracks/7?x=1', headers }));
    expect(found).toEqual([
      '--globoff', '--url', 'https://tracks.local:4103/tracks/7?x=1',
      '--header', 'X-Forwarded-Proto: https', '--header', 'Accept: */*',
    ]); // prettier-ignore
    expect(argumentsOf(curlCommand({ ...base, url: '/x', headers: { host: '$(id)' } }))).toEqual([
      '--globoff', '--url', '/x', '--header', 'host: $(id)',
    ]); // prettier-ignore
  });

  test('HEAD and Rack headers', () => {
    const headers = { HTTP_ACCEPT_LANGUAGE: 'de', HTTP_X_A1: 'b' };
    expect(argumentsOf(curlCommand({ ...base, method: 'HEAD', headers }))).toEqual([
      '--globoff', '--head', '--url', base.url, '--header', 'Accept-Language: de', '--header', 'X-A1: b',
    ]); // prettier-ignore
  });

  test('secrets are replaced unless asked for', () => {
    const http: HttpContext = {
      method: 'POST',
      url: 'https://ann:pw@a/x?access_token=abc&page=2',
      headers: { Authorization: 'Bearer abc', cookie: 'sid=1', 'X-Api-Key': 'k', Accept: 'text/html' },
      body: '{"user":"ann","password":"p\\"w","pin_token": 12}',
    };
    expect(argumentsOf(curlCommand(http))).toEqual([
      '--globoff', '--request', 'POST', '--url', 'https://REDACTED@a/x?access_token=REDACTED&page=2',
      '--header', 'Authorization: REDACTED', '--header', 'cookie: REDACTED', '--header', 'X-Api-Key: REDACTED',
      '--header', 'Accept: text/html',
      '--data-raw', '{"user":"ann","password":"REDACTED","pin_token": "REDACTED"}',
    ]); // prettier-ignore
    expect(argumentsOf(curlCommand(http, { withSecrets: true }))).toContain('Authorization: Bearer abc');
  });
});

test('shellQuote keeps multi-byte characters', () => {
  expect(argumentsOf(`curl ${shellQuote("ü'💥\u0001é")}`)).toEqual(["ü'💥\u0001é"]);
});

test('secret names are found in every spelling, ordinary names are not', () => {
  const secret = [
    'Authorization',
    'apiKey',
    'x-api-key',
    'API_KEY',
    'accessToken',
    'user.password',
    'sig',
    'client_secret',
    'Set-Cookie',
  ];
  expect(secret.filter((name) => !isSecretName(name))).toEqual([]);
  const plain = ['author', 'tokenizer', 'design', 'keyboard', 'passenger', 'Accept', 'assignee'];
  expect(plain.filter((name) => isSecretName(name))).toEqual([]);
});

test('redaction leaves everything else verbatim', () => {
  expect(redactUrl('http://a/x?b=1&token=&c=%zz#frag?token=x')).toBe(
    'http://a/x?b=1&token=&c=%zz#frag?token=REDACTED',
  );
  expect(redactBody('user=ann&password=hunter2&x=1')).toBe('user=ann&password=REDACTED&x=1');
  expect(redactBody('a sentence with password=hunter2')).toBe('a sentence with password=hunter2');
});
