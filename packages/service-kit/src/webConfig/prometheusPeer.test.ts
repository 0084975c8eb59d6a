import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, freePort, startProcess, tempDir, waitFor } from '@binnacle/testing';
import { hashSync } from 'bcryptjs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { issueCertificate } from '../fixtures/certificates.ts';
import { demoService } from '../fixtures/demoService.ts';
import { startService } from '../startService.ts';

describeWith('prometheus', 'with the real Prometheus', () => {
  test('it scrapes us over TLS with a client certificate, as a user and by a token', async () => {
    using folder = tempDir('peer');
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const authority = issueCertificate({ name: 'authority', isAuthority: true });
    const server = issueCertificate({ name: 'server', sans: ['127.0.0.1'], issuer: authority });
    const client = issueCertificate({ name: 'client', sans: ['prometheus.example'], issuer: authority });
    for (const [name, { cert, key }] of Object.entries({ authority, server, client })) {
      write(`${name}.crt`, cert);
      write(`${name}.key`, key);
    }
    const shared = `
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
basic_auth_users: {alice: "${hashSync('secret', 4)}"}
`;
    const webConfig = write('web.yml', shared);
    // Throws when promtool does not accept the part that is Prometheus's.
    execFileSync('promtool', ['check', 'web-config', webConfig], { stdio: 'pipe' });
    const token = createHash('sha256').update('token-1').digest('hex');
    write('web.yml', `${shared}bearer_tokens: {ci: "${token}"}\n`);
    await using running = await startService(demoService, {
      argv: ['--web.listen-address=127.0.0.1:0', `--web.config.file=${webConfig}`],
      log: pino({ level: 'silent' }),
    });

    const job = (name: string, login: string): string => `
  - job_name: ${name}
    scheme: https
    tls_config: {ca_file: authority.crt, cert_file: client.crt, key_file: client.key}
    ${login}
    static_configs: [{targets: ["127.0.0.1:${running.port}"]}]`;
    const config = `global: {scrape_interval: 1s}
scrape_configs:
${job('user', 'basic_auth: {username: alice, password: secret}')}
${job('token', 'authorization: {credentials: token-1}')}
${job('wrong', 'basic_auth: {username: alice, password: wrong}')}
`;
    const port = await freePort();
    await using _prometheus = await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${write('prometheus.yml', config)}`,
        `--storage.tsdb.path=${join(folder.path, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    });
    const up = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=up`);
      const { data } = (await response.json()) as {
        data: { result: { metric: { job: string }; value: [number, string] }[] };
      };
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]));
    };
    const seen = await waitFor(async () => {
      const jobs = await up();
      return Object.keys(jobs).length === 3 ? jobs : undefined;
    });
    expect(seen).toEqual({ user: '1', token: '1', wrong: '0' });
  });
});
