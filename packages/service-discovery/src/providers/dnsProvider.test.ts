import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, tempDir, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import type { DnsSdConfig } from '../schema/discoverySchema.ts';
import { collect } from '../testing/collect.ts';
import { dnsFake, dnsName, SERVFAIL, srvRecord, type DnsFake } from '../testing/dnsFake.ts';
import { planDns } from './dnsProvider.ts';
import { parseResolvConf, searchNames, systemResolver, type DnsResolver } from './dnsResolver.ts';

describe('records', () => {
  const none = {
    __meta_dns_srv_record_target: '',
    __meta_dns_srv_record_port: '',
    __meta_dns_mx_record_target: '',
    __meta_dns_ns_record_target: '',
  };
  const cases: [DnsSdConfig, Record<string, string>[]][] = [
    [
      { names: ['_x._tcp.test'] },
      [
        {
          ...none,
          __address__: 'a.test:9100',
          __meta_dns_srv_record_target: 'a.test.',
          __meta_dns_srv_record_port: '9100',
        },
      ],
    ],
    [{ names: ['a.test'], type: 'A', port: 80 }, [{ ...none, __address__: '10.0.0.1:80' }]],
    [{ names: ['a.test'], type: 'AAAA', port: 80 }, [{ ...none, __address__: '[fd00::1]:80' }]],
    [
      { names: ['a.test'], type: 'MX', port: 25 },
      [{ ...none, __address__: 'mail.test:25', __meta_dns_mx_record_target: 'mail.test.' }],
    ],
    [
      { names: ['a.test'], type: 'NS', port: 53 },
      [{ ...none, __address__: 'ns.test:53', __meta_dns_ns_record_target: 'ns.test.' }],
    ],
  ];
  const table = {
    'SRV _x._tcp.test': [srvRecord('a.test', 9100)],
    'A a.test': [Buffer.from([10, 0, 0, 1])],
    'AAAA a.test': [Buffer.from('fd000000000000000000000000000001', 'hex')],
    'MX a.test': [Buffer.concat([Buffer.from([0, 10]), dnsName('mail.test')])],
    'NS a.test': [dnsName('ns.test')],
  };
  it.each(cases)('%o', async (config, expected) => {
    await using server = await dnsFake(table);
    await using found = collect(planDns(config), { resolver: resolverOf(server) });
    await found.provider.start();
    await waitFor(() => found.reports === 1);
    expect(found.targets()).toEqual(
      expected.map((labels) => ({ ...labels, __meta_dns_name: config.names[0] })),
    );
  });
});

it('keeps what a name had while it cannot be looked up, and empties a name that is gone', async () => {
  const table: Record<string, Buffer[] | number> = {
    'A broken.test': [Buffer.from([10, 0, 0, 1])],
    'A gone.test': [Buffer.from([10, 0, 0, 2])],
  };
  await using server = await dnsFake(table);
  const clock = new FakeClock();
  const config: DnsSdConfig = { names: ['broken.test', 'gone.test'], type: 'A', port: 1 };
  await using found = collect(planDns(config), { clock, resolver: resolverOf(server) });
  await found.provider.start();
  await waitFor(() => found.reports === 2);
  table['A broken.test'] = SERVFAIL;
  delete table['A gone.test'];
  await waitFor(() => clock.pending === 1);
  clock.advance(30_000);
  await waitFor(() => found.errors.length === 1);
  expect(found.addresses()).toEqual(['10.0.0.1:1']);
  expect(found.errors[0]!.message).toContain('broken.test');
});

it('uses the search list', async () => {
  using folder = tempDir();
  const resolvConfPath = join(folder.path, 'resolv.conf');
  writeFileSync(resolvConfPath, '# comment\nsearch one.test two.test.\noptions timeout:1 ndots:2\n');
  await using server = await dnsFake({ 'A db.two.test': [Buffer.from([10, 0, 0, 3])] });
  const resolver = systemResolver({ resolvConfPath, servers: [server.address] });
  expect(await resolver.resolve('db', 'A', new AbortController().signal)).toEqual([{ host: '10.0.0.3' }]);
  expect(server.questions).toEqual(['A db.one.test', 'A db.two.test']);
});

it('tries names in the order of resolv.conf', () => {
  const conf = parseResolvConf('domain old.test\nsearch a.test b.test\noptions ndots:2');
  expect(searchNames('x.y', conf)).toEqual(['x.y.a.test', 'x.y.b.test', 'x.y']);
  expect(searchNames('x.y.z', conf)).toEqual(['x.y.z', 'x.y.z.a.test', 'x.y.z.b.test']);
  expect(searchNames('x.', conf)).toEqual(['x']);
  expect(searchNames('x', parseResolvConf(''))).toEqual(['x']);
});

it('ends a look-up that hangs when it is stopped', async () => {
  let hung = false;
  const resolver: DnsResolver = {
    resolve: (_name, _type, signal) =>
      new Promise((_, reject) => {
        hung = true;
        signal.addEventListener('abort', () => reject(new Error('cancelled')));
      }),
  };
  const found = collect(planDns({ names: ['a'] }), { resolver });
  await found.provider.start();
  expect(hung).toBe(true);
  await found.provider.stop();
  expect(found.errors).toEqual([]);
});

it('needs a port for records that have none', () => {
  expect(() => planDns({ names: ['a'], type: 'A' })).toThrow(
    expect.objectContaining({ code: 'SD_BAD_CONFIG' }),
  );
});

function resolverOf(server: DnsFake): DnsResolver {
  return systemResolver({ resolvConfPath: '/nonexistent', servers: [server.address] });
}
