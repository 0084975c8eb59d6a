import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { connect } from './connection.ts';

it('finds the server from inside a cluster', async () => {
  using folder = tempDir();
  writeFileSync(join(folder.path, 'namespace'), 'team\n');
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = await connect({ role: 'pod' }, { baseDir: '.', environment }, folder.path);
  expect(connection).toEqual({
    base: 'https://[fd00::1]:443',
    http: {
      tls_config: { ca_file: join(folder.path, 'ca.crt') },
      authorization: { credentials_file: join(folder.path, 'token') },
    },
    baseDir: '.',
    ownNamespace: 'team',
  });
  await expect(connect({ role: 'pod' }, { baseDir: '.', environment: {} })).rejects.toThrow(
    /KUBERNETES_SERVICE_HOST/,
  );
});

it('reads a kubeconfig', async () => {
  using folder = tempDir();
  const write = (user: object): void =>
    writeFileSync(
      join(folder.path, 'config'),
      stringify({
        'current-context': 'here',
        contexts: [
          { name: 'there', context: { cluster: 'x', user: 'x' } },
          { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'n' } },
        ],
        clusters: [
          {
            name: 'c',
            cluster: {
              server: 'https://k:6443/',
              'certificate-authority-data': Buffer.from('the CA').toString('base64'),
              'tls-server-name': 'name',
            },
          },
        ],
        users: [{ name: 'u', user }],
      }),
    );
  const read = () =>
    connect({ role: 'pod', kubeconfig_file: 'config' }, { baseDir: folder.path, environment: {} });
  const tls = { ca: 'the CA', server_name: 'name', insecure_skip_verify: false };
  write({ token: 't' });
  expect(await read()).toEqual({
    base: 'https://k:6443',
    http: { bearer_token: 't', tls_config: tls },
    baseDir: folder.path,
    ownNamespace: undefined,
  });
  write({ 'client-certificate': 'c.pem', 'client-key-data': Buffer.from('key').toString('base64') });
  expect((await read()).http).toEqual({ tls_config: { ...tls, cert_file: 'c.pem', key: 'key' } });
  write({ username: 'u', password: 'p' });
  expect((await read()).http.basic_auth).toEqual({ username: 'u', password: 'p' });
  write({ exec: { command: 'aws' } });
  await expect(read()).rejects.toThrow(/exec and auth-provider are not supported/);
  writeFileSync(join(folder.path, 'config'), 'clusters: 3');
  await expect(read()).rejects.toMatchObject({ code: 'SD_BAD_CONFIG' });
});
