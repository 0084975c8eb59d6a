import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACTED_NAMES, Redactor } from './redact.ts';

const redactor = new Redactor(DEFAULT_REDACTED_NAMES);

const HIDDEN =
  'Authorization Proxy-Authorization Cookie Set-Cookie X-Auth-Token X-Api-Key x-csrf-token access_token id_token client_secret password passwd code sig X-Amz-Signature sid api_key apikey accessKey JSESSIONID PHPSESSID jwt auth';

it.each(HIDDEN.split(' '))('hides %s', (name) => {
  expect(redactor.isHidden(name)).toBe(true);
});

it.each(['Accept', 'User-Agent', 'Host', 'author', 'page', 'q', 'keyword', 'status', 'x-request-id'])(
  'shows %s',
  (name) => {
    expect(redactor.isHidden(name)).toBe(false);
  },
);

describe('a URL', () => {
  it.each([
    ['/a?token=s3cret&page=2', '/a?token=[redacted]&page=2'],
    ['/a?page=2&%74oken=s3cret', '/a?page=2&%74oken=[redacted]'],
    ['https://me:s3cret@shop.example/a', 'https://[redacted]@shop.example/a'],
    ['https://shop.example/#access_token=s3cret&x=1', 'https://shop.example/#access_token=[redacted]&x=1'],
    ['/a?%zz=1&secret', '/a?%zz=1&secret'],
    ['/a?token=s3cret=', '/a?token=[redacted]'],
    ['/token=x', '/token=x'],
  ])('%s becomes %s', (url, expected) => {
    expect(redactor.url(url)).toBe(expected);
  });

  it('inside a header is redacted too', () => {
    expect(redactor.field('Referer', 'https://a.example/?token=s3cret')).not.toContain('s3cret');
  });

  it('never shows the value of a hidden parameter, wherever that stands', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), fc.nat(), (pairs, at) => {
        const all = pairs.map(([name, value]) => `${name}=${value}`);
        all.splice(at % (all.length + 1), 0, 'access_token=S3CRET');
        const url = redactor.url(`https://shop.example/path?${all.join('&')}`);
        expect(url).not.toContain('S3CRET');
        expect(url.split('&')).toHaveLength(all.length);
      }),
    );
  });
});

describe('a body', () => {
  it('hides fields of JSON', () => {
    const text = JSON.stringify({
      user: 'me',
      password: 's3"cret',
      nested: { token: 12, list: [{ pin: '1' }] },
    });
    expect(JSON.parse(redactor.body(text))).toEqual({
      user: 'me',
      password: '[redacted]',
      nested: { token: '[redacted]', list: [{ pin: '[redacted]' }] },
    });
  });

  it('hides fields of JSON that was cut off', () => {
    expect(redactor.body('{"user":"me","password":"s3cr')).toBe('{"user":"me","password":"[redacted]"');
    expect(redactor.body('{"user":"me","password":"s3cr\\')).not.toContain('s3cr');
  });

  it('hides fields of a form', () => {
    expect(redactor.body('user=me&password=s3cret')).toBe('user=me&password=[redacted]');
  });
});

it('hides what the application lists, and nothing when the list is empty', () => {
  const own = new Redactor(['X-Tenant', /^internal/]);
  expect([own.isHidden('x-tenant'), own.isHidden('internalId'), own.isHidden('cookie')]).toEqual([
    true,
    true,
    false,
  ]);
  const none = new Redactor([]);
  expect(none.url('https://me:pw@a.example/?token=1')).toBe('https://me:pw@a.example/?token=1');
  expect(none.body('{"token":1}')).toBe('{"token":1}');
});

it('works with a RegExp that has state', () => {
  const own = new Redactor([/tenant/g]);
  expect(['a-tenant', 'b-tenant', 'c-tenant'].map((name) => own.isHidden(name))).toEqual([true, true, true]);
});
