import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { tempDir, waitFor, type TempDir } from '@binnacle/testing';
import { hashSync } from 'bcryptjs';
import { pino } from 'pino';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueCertificate, type Certificate } from '../fixtures/certificates.ts';
import { demoService } from '../fixtures/demoService.ts';
import { startService, type RunningService } from '../startService.ts';

const log = pino({ level: 'silent' });
const authority = issueCertificate({ name: 'authority', isAuthority: true });
const issue = (name: string, ...sans: string[]) => issueCertificate({ name, sans, issuer: authority });
let folder: TempDir;

beforeAll(() => (folder = tempDir('web-config')));
afterAll(() => folder.remove());

/** Writes a file in one step, so that the server never reads half of it. */
function write(name: string, text: string): void {
  writeFileSync(join(folder.path, `${name}.new`), text);
  renameSync(join(folder.path, `${name}.new`), join(folder.path, name));
}

function writeServer({ cert, key }: Certificate): void {
  write('server.key', key);
  write('server.crt', cert);
}

async function start(webConfig: string): Promise<RunningService> {
  write('ca.crt', authority.cert);
  write('web.yml', webConfig);
  const argv = ['--web.listen-address=127.0.0.1:0', `--web.config.file=${join(folder.path, 'web.yml')}`];
  return startService(demoService, { argv: [...argv, '--web.cors.origin=.*'], log });
}

async function get(
  running: RunningService,
  headers: Record<string, string> = {},
  client?: Certificate,
  path = '/greet',
) {
  const connect = { ca: authority.cert, ...(client && { cert: client.cert, key: client.key }) };
  const dispatcher = new Agent({ connect });
  try {
    const response = await request(running.url + path, { dispatcher, headers });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text };
  } finally {
    await dispatcher.close();
  }
}

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const tls = 'tls_server_config: {cert_file: server.crt, key_file: server.key';

test('users and tokens are let in on every route, others are not', async () => {
  const token = createHash('sha256').update('token-1').digest('hex');
  await using running = await start(
    `basic_auth_users: {alice: "${hashSync('secret', 4)}"}\nbearer_tokens: {ci: "${token}"}\n` +
      'http_server_config: {headers: {X-Frame-Options: deny}}\n',
  );
  const anonymous = await get(running);
  expect(anonymous.status).toBe(401);
  expect(JSON.parse(anonymous.text)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  expect(anonymous.headers['www-authenticate']).toEqual([
    expect.stringMatching(/^Basic /),
    expect.stringMatching(/^Bearer /),
  ]);
  expect(anonymous.headers['x-frame-options']).toBe('deny');
  for (const path of ['/metrics', '/-/healthy', '/-/exceptions', '/nowhere', '/']) {
    expect((await get(running, {}, undefined, path)).status, path).toBe(401);
    expect((await get(running, basic('alice:wrong'), undefined, path)).status, path).toBe(401);
    expect((await get(running, basic('alice:secret'), undefined, path)).status, path).not.toBe(401);
  }
  expect(JSON.parse((await get(running, basic('alice:secret'))).text)).toMatchObject({ principal: 'alice' });
  expect(JSON.parse((await get(running, { authorization: 'Bearer token-1' })).text)).toMatchObject({
    principal: 'ci',
  });
  const preflight = {
    method: 'OPTIONS' as const,
    url: '/greet',
    headers: { origin: 'http://a', 'access-control-request-method': 'GET' },
  };
  expect((await running.app.inject(preflight)).statusCode).toBe(204);
  const metrics = await get(running, basic('alice:secret'), undefined, '/metrics');
  expect(metrics.text).toContain('demo_server_http_refused_total{reason="authentication"} 11');
});

test('the users of a changed file are those that count, without a restart', async () => {
  await using running = await start(`basic_auth_users: {alice: "${hashSync('old', 4)}"}`);
  expect((await get(running, basic('alice:old'))).status).toBe(200);
  write('web.yml', `basic_auth_users: {alice: "${hashSync('new', 4)}"}`);
  await waitFor(async () => (await get(running, basic('alice:new'))).status === 200);
  expect((await get(running, basic('alice:old'))).status).toBe(401);
  write('web.yml', 'basic_auth_users: {alice: plain}');
  await waitFor(async () => {
    const { text } = await get(running, basic('alice:new'), undefined, '/metrics');
    return text.includes('demo_server_web_config_last_reload_successful 0');
  });
  await expect(running.reload()).rejects.toThrow('basic_auth_users.alice: expected a bcrypt hash');
});

test('a reload with a bad web configuration does not reach the service', async () => {
  let reloads = 0;
  const service = { register: () => undefined, reload: async () => void (reloads += 1) };
  write('web.yml', '');
  const argv = ['--web.listen-address=127.0.0.1:0', `--web.config.file=${join(folder.path, 'web.yml')}`];
  await using running = await startService({ ...demoService, create: async () => service }, { argv, log });
  write('web.yml', 'nonsense: 1');
  await expect(running.reload()).rejects.toThrow('unknown key "nonsense"');
  expect(reloads).toBe(0);
  write('web.yml', '');
  await running.reload();
  expect(reloads).toBe(1);
});

test('requests above the rate limit are refused', async () => {
  await using running = await start('rate_limit: {interval: 1h, burst: 2}');
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await get(running)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('TLS serves the certificate, and the new one when the files change', async () => {
  writeServer(issue('first', '127.0.0.1', 'localhost'));
  await using running = await start(`${tls}}`);
  expect(running.url).toMatch(/^https:/);
  expect((await get(running)).status).toBe(200);
  await expect(request(running.url.replace('https', 'http') + '/greet')).rejects.toThrow();
  expect(await servedName(running)).toBe('first');
  writeServer(issue('second', '127.0.0.1'));
  await waitFor(async () => (await servedName(running)) === 'second');
  expect((await get(running)).status).toBe(200);
  writeServer(issue('third', '127.0.0.1'));
  await running.reload();
  expect(await servedName(running)).toBe('third');
});

test('a half-written pair of certificate and key leaves the old one in place', async () => {
  writeServer(issue('whole', '127.0.0.1'));
  await using running = await start(`${tls}}`);
  write('server.crt', issue('torn', '127.0.0.1').cert);
  await expect(running.reload()).rejects.toThrow('expected a PEM certificate and its key');
  expect(await servedName(running)).toBe('whole');
});

test('TLS cannot be switched on or off without a restart', async () => {
  writeServer(issue('server', '127.0.0.1'));
  await using running = await start(`${tls}}`);
  write('web.yml', '');
  await expect(running.reload()).rejects.toThrow('a change from TLS to no TLS needs a restart');
  write('web.yml', `${tls}, client_auth_type: RequestClientCert}`);
  await expect(running.reload()).rejects.toThrow('from TLS to TLS with client certificates needs a restart');
  expect((await get(running)).status).toBe(200);
});

test('versions outside the limits are refused', async () => {
  writeServer(issue('server', '127.0.0.1'));
  await using running = await start(
    `${tls}, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]}`,
  );
  const { port } = running;
  await expect(handshake({ port, minVersion: 'TLSv1.3' })).rejects.toThrow();
  expect(await handshake({ port })).toEqual({
    protocol: 'TLSv1.2',
    cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  });
});

const stranger = issueCertificate({ name: 'stranger', sans: ['trusted.example'] });
const trusted = issue('trusted', 'trusted.example', '10.1.2.3', 'spiffe://a/b');
const other = issue('other', 'other.example');

test.each([
  ['RequestClientCert', [true, true, true, true]],
  ['RequireAnyClientCert', [false, true, true, true]],
  ['RequireAnyClientCert, client_allowed_sans: [trusted.example]', [false, true, true, false]],
  ['VerifyClientCertIfGiven, client_ca_file: ca.crt', [true, false, true, true]],
  ['RequireAndVerifyClientCert, client_ca_file: ca.crt', [false, false, true, true]],
  [
    'RequireAndVerifyClientCert, client_ca_file: ca.crt, client_allowed_sans: [10.1.2.3]',
    [false, false, true, false],
  ],
  [
    'RequireAndVerifyClientCert, client_ca_file: ca.crt, client_allowed_sans: ["spiffe://a/b"]',
    [false, false, true, false],
  ],
])('%s lets in nobody, a stranger, the trusted, another: %j', async (policy, expected) => {
  writeServer(issue('server', '127.0.0.1'));
  await using running = await start(`${tls}, client_auth_type: ${policy}}`);
  const letIn = [undefined, stranger, trusted, other].map((client) =>
    get(running, {}, client).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  expect(await Promise.all(letIn)).toEqual(expected);
});

async function servedName(running: RunningService): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connectTls({ port: running.port, host: '127.0.0.1', ca: authority.cert });
  socket.on('secureConnect', () => resolve(String(socket.getPeerCertificate().subject.CN)));
  socket.on('error', reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

async function handshake(options: { port: number; minVersion?: 'TLSv1.3' }) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const socket = connectTls({ ...options, host: '127.0.0.1', ca: authority.cert });
  socket.on('secureConnect', () => {
    resolve({ protocol: socket.getProtocol(), cipher: socket.getCipher().standardName });
  });
  socket.on('error', reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
