import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, tempDir, type TempDir } from '@binnacle/testing';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueCertificate } from '../fixtures/certificates.ts';
import { loadWebConfig } from './loadWebConfig.ts';

const clock = new FakeClock();
let folder: TempDir;

beforeAll(() => {
  folder = tempDir('web-config');
  const server = issueCertificate({ name: 'server' });
  writeFileSync(join(folder.path, 'server.crt'), server.cert);
  writeFileSync(join(folder.path, 'server.key'), server.key);
  writeFileSync(join(folder.path, 'other.key'), issueCertificate({ name: 'other' }).key);
  writeFileSync(join(folder.path, 'ca.crt'), issueCertificate({ name: 'ca', isAuthority: true }).cert);
});
afterAll(() => folder.remove());

const load = (text: string) => {
  const file = join(folder.path, 'web.yml');
  writeFileSync(file, text);
  return loadWebConfig(file, clock);
};

test('the whole format of Prometheus is read, with paths relative to the file', async () => {
  const config = await load(`
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_ca_file: ca.crt
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: true
  curve_preferences: [CurveP256, X25519]
http_server_config:
  http2: true
  headers:
    X-Frame-Options: deny
    Content-Security-Policy: ''
basic_auth_users:
  alice: ${hashSync('secret', 4)}
rate_limit: {interval: 1s, burst: 20}
`);
  expect(config.tls).toMatchObject({
    secureContext: {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      honorCipherOrder: true,
      ecdhCurve: 'P-256:X25519',
    },
    clients: { type: 'RequireAndVerifyClientCert', allowedSans: ['prometheus.example'] },
  });
  expect(String(config.tls!.secureContext.ciphers)).toContain('ECDHE-ECDSA-AES128-GCM-SHA256');
  expect(config.headers).toEqual({ 'X-Frame-Options': 'deny' });
  expect(config.credentials.isEmpty).toBe(false);
  expect(config.files.map((file) => file.slice(folder.path.length))).toEqual([
    '/web.yml',
    '/server.crt',
    '/server.key',
    '/ca.crt',
  ]);
});

test('certificate and key may stand in the file itself', async () => {
  const { cert, key } = issueCertificate({ name: 'inline' });
  const config = await load(`tls_server_config: ${JSON.stringify({ cert, key })}`);
  expect(config.tls!.secureContext.cert).toBe(cert);
});

test('an empty file is plain HTTP for everybody', async () => {
  const config = await load('');
  expect(config.tls).toBeUndefined();
  expect(config.credentials.isEmpty).toBe(true);
  expect(config.rateLimit.take()).toBe(true);
});

const pair = 'cert_file: server.crt, key_file: server.key';

test.each([
  [
    'tls_server_config: {}',
    ':1:20: tls_server_config: expected cert_file and key_file; found no certificate',
  ],
  [
    'tls_server_config: {cert_file: server.crt}',
    'tls_server_config: expected cert_file and key_file; found no key',
  ],
  [
    'tls_server_config: {cert_file: none.crt, key_file: server.key}',
    ':1:32: tls_server_config.cert_file: cannot read the file: ENOENT',
  ],
  [
    'tls_server_config: {cert_file: server.crt, key_file: other.key}',
    ':1:20: tls_server_config: expected a PEM certificate and its key; ',
  ],
  [
    'tls_server_config: {cert_file: server.key, key_file: server.key}',
    'expected a PEM certificate and its key; ',
  ],
  [
    `tls_server_config: {${pair}, cert: x}`,
    'tls_server_config.cert: expected either cert or cert_file; found both',
  ],
  [
    `tls_server_config: {${pair}, client_auth_type: Sometimes}`,
    'client_auth_type: expected one of NoClientCert, RequestClientCert',
  ],
  [
    `tls_server_config: {${pair}, client_ca_file: ca.crt}`,
    'client_auth_type: expected a policy that uses client_ca_file; found NoClientCert',
  ],
  [
    `tls_server_config: {${pair}, client_auth_type: VerifyClientCertIfGiven}`,
    'VerifyClientCertIfGiven needs client_ca_file',
  ],
  [
    `tls_server_config: {${pair}, client_allowed_sans: [a]}`,
    'client_allowed_sans: needs client_auth_type RequireAndVerifyClientCert or',
  ],
  [
    `tls_server_config: {${pair}, min_version: TLS13, max_version: TLS12}`,
    'min_version: expected at most max_version (TLS12); found TLS13',
  ],
  [
    `tls_server_config: {${pair}, min_version: SSL3}`,
    'min_version: expected one of TLS10, TLS11, TLS12, TLS13; found "SSL3"',
  ],
  [
    `tls_server_config: {${pair}, cipher_suites: [RC4]}`,
    'cipher_suites[0]: expected one of TLS_AES_128_GCM_SHA256',
  ],
  [
    `tls_server_config: {${pair}, curve_preferences: [P256]}`,
    'curve_preferences[0]: expected one of CurveP256',
  ],
  ['tls_config: {}', ':1:1: tls_config: unknown key "tls_config"; known here: tls_server_config'],
  [
    'basic_auth_users: {alice: hunter2}',
    ':1:27: basic_auth_users.alice: expected a bcrypt hash of cost 4 to 18',
  ],
  ['bearer_tokens: {ci: hunter2}', 'bearer_tokens.ci: expected the SHA-256 of the token in hex (64 digits)'],
  ['http_server_config: {headers: {X-Frame-Options: maybe}}', 'expected deny or sameorigin; found "maybe"'],
  [
    'http_server_config: {headers: {Server: me}}',
    'unknown key "Server"; known here: Content-Security-Policy',
  ],
  ['rate_limit: {interval: often}', 'rate_limit.interval: expected a duration'],
])('%s is refused', async (text, message) => {
  await expect(load(text)).rejects.toThrow(message);
  await expect(load(text)).rejects.not.toThrow('hunter2');
});
