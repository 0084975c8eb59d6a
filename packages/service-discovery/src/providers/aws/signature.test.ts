import { expect, it } from 'vitest';
import { signRequest, type UnsignedRequest } from './signature.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);

function signed(
  request: Partial<Omit<UnsignedRequest, 'url'>> & { readonly url: string },
  service = 'service',
): string {
  const whole = { method: 'GET', headers: {}, body: '', ...request, url: new URL(request.url) } as const;
  return signRequest(whole, credentials, { region: 'us-east-1', service, nowMs })['authorization']!;
}

const form = (charset = '') => ({ 'content-type': `application/x-www-form-urlencoded${charset}` });

// The request of AWS's description of the signature, and cases of its published test suite.
it.each<[string, string, string, string]>([
  [
    'the example of the description',
    signed(
      {
        url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
        headers: form('; charset=utf-8'),
      },
      'iam',
    ),
    'content-type;host;x-amz-date',
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
  [
    'get-vanilla',
    signed({ url: 'https://example.amazonaws.com/' }),
    'host;x-amz-date',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'post-vanilla',
    signed({ method: 'POST', url: 'https://example.amazonaws.com/' }),
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'get-vanilla-query-order-key-case',
    signed({ url: 'https://example.amazonaws.com/?Param2=value2&Param1=value1' }),
    'host;x-amz-date',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'post-x-www-form-urlencoded',
    signed({
      method: 'POST',
      url: 'https://example.amazonaws.com/',
      headers: form(),
      body: 'Param1=value1',
    }),
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'get-header-value-multiline, on one line',
    signed({ url: 'https://example.amazonaws.com/', headers: { 'my-header1': 'value2,value2,value1' } }),
    'host;my-header1;x-amz-date',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-trim',
    signed({
      url: 'https://example.amazonaws.com/',
      headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
    }),
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
])('signs %s as published', (_, authorization, names, signature) => {
  const scope = /us-east-1\/(\w+)\//.exec(authorization)![1];
  expect(authorization).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${scope}/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
  );
});

it('signs the token of temporary credentials along', () => {
  const request = {
    method: 'GET',
    url: new URL('https://example.amazonaws.com/'),
    headers: {},
    body: '',
  } as const;
  const scope = { region: 'us-east-1', service: 'service', nowMs };
  const headers = signRequest(request, { ...credentials, sessionToken: 'token' }, scope);
  expect(headers).toMatchObject({ 'x-amz-date': '20150830T123600Z', 'x-amz-security-token': 'token' });
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});
