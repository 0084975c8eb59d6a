import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { FakeClock, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import type { DockerSdConfig } from '../../schema/discoverySchema.ts';
import { collect, type Collected } from '../../testing/collect.ts';
import { dockerContainer, dockerFake, type DockerFake } from '../../testing/dockerFake.ts';
import { httpFake } from '../../testing/httpFake.ts';
import { endless } from '../../testing/endless.ts';
import { planDocker } from './dockerProvider.ts';

const bridge = { NetworkID: 'net-1', IPAddress: '172.17.0.2', GlobalIPv6Address: '' };
const networks = [
  { Id: 'net-1', Name: 'bridge', Scope: 'local', Internal: false, Ingress: false, Labels: { 'a.b': 'c' } },
  { Id: 'net-2', Name: 'inner', Scope: 'swarm', Internal: true, Ingress: true, Labels: null },
];

/** What is found once. */
async function found(containers: unknown, config: Partial<DockerSdConfig> = {}): Promise<Collected> {
  await using docker = await dockerFake({ containers, networks });
  const collected = collect(planDocker({ host: docker.url, ...config }));
  await collected.provider.start();
  await waitFor(() => collected.reports === 1 || collected.errors.length > 0);
  await collected.provider.stop();
  expect(collected.errors).toEqual([]);
  return collected;
}

it('asks a daemon on a Unix socket, and gives every port its labels', async () => {
  using folder = tempDir();
  const ports = [
    { Type: 'tcp', PrivatePort: 9100 },
    { Type: 'tcp', PrivatePort: 80, PublicPort: 8080, IP: '0.0.0.0' },
    { Type: 'udp', PrivatePort: 53 },
  ];
  const containers = [
    dockerContainer('web', { bridge }, { Ports: ports, Labels: { 'com.example/team': 'shop' } }),
  ];
  await using docker = await dockerFake({ containers, networks }, join(folder.path, 'docker.sock'));
  await using collected = collect(planDocker({ host: docker.url }));
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  const shared = {
    __meta_docker_container_id: 'web',
    __meta_docker_container_label_com_example_team: 'shop',
    __meta_docker_container_name: '/web',
    __meta_docker_container_network_mode: 'default',
    __meta_docker_network_id: 'net-1',
    __meta_docker_network_ingress: 'false',
    __meta_docker_network_internal: 'false',
    __meta_docker_network_ip: '172.17.0.2',
    __meta_docker_network_label_a_b: 'c',
    __meta_docker_network_name: 'bridge',
    __meta_docker_network_scope: 'local',
  };
  expect(collected.targets()).toEqual([
    {
      ...shared,
      __address__: '172.17.0.2:80',
      __meta_docker_port_private: '80',
      __meta_docker_port_public: '8080',
      __meta_docker_port_public_ip: '0.0.0.0',
    },
    { ...shared, __address__: '172.17.0.2:9100', __meta_docker_port_private: '9100' },
  ]);
  expect(docker.requests.map(({ url }) => url)).toEqual(['/containers/json', '/networks']);
});

it('takes the first network by name unless it is to take all', async () => {
  const inner = { NetworkID: 'net-2', IPAddress: '10.0.0.7' };
  const containers = [dockerContainer('two', { inner, a: null, bridge, zone: null })];
  expect((await found(containers)).addresses()).toEqual(['172.17.0.2:80']);
  const all = await found(containers, { match_first_network: false, port: 9999 });
  expect(all.addresses()).toEqual(['10.0.0.7:9999', '172.17.0.2:9999']);
  expect(all.targets()[0]).toMatchObject({
    __meta_docker_network_ingress: 'true',
    __meta_docker_network_internal: 'true',
    __meta_docker_network_name: 'inner',
  });
});

it.each<[string, object[], string[]]>([
  ['no ports', [dockerContainer('a', { bridge })], ['172.17.0.2:81']],
  [
    'no TCP ports',
    [dockerContainer('a', { bridge }, { Ports: [{ Type: 'udp', PrivatePort: 53 }] })],
    ['172.17.0.2:81'],
  ],
  [
    'the network of the host',
    [dockerContainer('a', { host: { IPAddress: '' } }, { HostConfig: { NetworkMode: 'host' } })],
    ['node.example:9100'],
  ],
  [
    'IPv6 only',
    [
      dockerContainer(
        'a',
        { six: { NetworkID: 'net-2', IPAddress: '', GlobalIPv6Address: 'fc00::2' } },
        { Ports: [{ Type: 'tcp', PrivatePort: 8000 }] },
      ),
    ],
    ['[fc00::2]:8000'],
  ],
  [
    'the network of another container, in two steps',
    [
      dockerContainer('a', {}, { HostConfig: { NetworkMode: 'container:b' } }),
      dockerContainer('b', {}, { HostConfig: { NetworkMode: 'container:c' } }),
      dockerContainer('c', { bridge }, { Ports: [{ Type: 'tcp', PrivatePort: 5000 }] }),
    ],
    ['172.17.0.2:5000', '172.17.0.2:81', '172.17.0.2:81'],
  ],
  [
    'networks that lead to each other or nowhere',
    [
      dockerContainer('a', {}, { HostConfig: { NetworkMode: 'container:b' } }),
      dockerContainer('b', {}, { HostConfig: { NetworkMode: 'container:a' } }),
      dockerContainer('c', {}, { HostConfig: { NetworkMode: 'container:gone' } }),
      dockerContainer('d', {}, { HostConfig: { NetworkMode: 'none' } }),
    ],
    [],
  ],
  ['a stop', [dockerContainer('a', { bridge: { NetworkID: 'net-1', IPAddress: '' } })], [':81']],
  ['no name', [dockerContainer('a', { bridge }, { Names: null })], []],
  ['nothing but an ID', [{ Id: 'a' }], []],
])('knows a container with %s', async (_, containers, addresses) => {
  const collected = await found(containers, { port: 81, host_networking_host: 'node.example:9100' });
  expect(collected.addresses()).toEqual(addresses);
});

it('hands filters on, and credentials over the network', async () => {
  await using docker = await dockerFake({ containers: [], networks: [] });
  const filters = [
    { name: 'status', values: ['running', 'exited'] },
    { name: 'label', values: ['a=b'] },
    { name: 'label', values: ['c'] },
    { name: 'none' },
  ];
  const host = docker.url.replace('http:', 'tcp:');
  await using collected = collect(planDocker({ host, filters, bearer_token: 'secret' }));
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  const [first, second] = docker.requests.map(({ url }) => new URL(url!, 'http://x'));
  expect(JSON.parse(first!.searchParams.get('filters')!)).toEqual({
    status: ['running', 'exited'],
    label: ['a=b', 'c'],
  });
  expect(second!.search).toBe('');
  expect(docker.requests[0]!.headers.authorization).toBe('Bearer secret');
});

it('keeps the targets while the daemon fails, and sees changes', async () => {
  await using docker = await dockerFake({ containers: [dockerContainer('a', { bridge })], networks });
  const clock = new FakeClock();
  await using collected = collect(planDocker({ host: docker.url }), { clock });
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  const failures: [(docker: DockerFake) => void, string][] = [
    [
      answering((response) => response.writeHead(500).end('{"message":"broken"}')),
      'found 500: {"message":"broken"}',
    ],
    [answering((response) => response.end('[{"Id"')), 'expected JSON from Docker for /containers/json'],
    [answering((response) => response.end('{}')), 'expected a list of containers'],
    [answering((response) => response.end('[{"Id":"a","Labels":{"b":7}}]')), '/0/Labels/b'],
    [answering((response) => void response.destroy()), ''],
    [answering(endless), 'expected a body of at most'],
  ];
  for (const [index, [fail, message]] of failures.entries()) {
    fail(docker);
    await waitFor(() => clock.pending === 1);
    clock.advance(60_000);
    await waitFor(() => collected.errors.length === index + 1, { what: message });
    expect(collected.errors.at(-1)!.message).toContain(message);
    expect(collected.addresses()).toEqual(['172.17.0.2:80']);
  }
  docker.instead = undefined;
  docker.state = { containers: [], networks };
  await waitFor(() => clock.pending === 1);
  clock.advance(60_000);
  await waitFor(() => collected.reports === 2);
  expect(collected.targets()).toEqual([]);
});

it('gives a daemon that hangs as long as the interval, and stops at once', async () => {
  await using docker = await httpFake(() => undefined);
  await using slow = collect(planDocker({ host: docker.url, refresh_interval: '20ms' }));
  await slow.provider.start();
  await waitFor(() => slow.errors.length === 1);
  expect(slow.errors[0]!.name).toBe('TimeoutError');
  const stopped = collect(planDocker({ host: docker.url }));
  await stopped.provider.start();
  await waitFor(() => docker.requests.length === 2);
  await stopped.provider.stop();
  expect(stopped.errors).toEqual([]);
});

it('says why there is no daemon', async () => {
  await using collected = collect(planDocker({ host: 'unix:///nowhere/docker.sock' }));
  await collected.provider.start();
  await waitFor(() => collected.errors.length === 1);
  expect(collected.errors[0]!.message).toContain('/nowhere/docker.sock');
});

it('refuses hosts that are none', () => {
  for (const host of ['docker', 'unix://', 'ssh://a', 'npipe:////./pipe/docker', 'http://', '']) {
    expect(() => planDocker({ host }), host).toThrow(expect.objectContaining({ code: 'SD_BAD_CONFIG' }));
  }
});

function answering(instead: (response: ServerResponse) => void): (docker: DockerFake) => void {
  return (docker) => (docker.instead = instead);
}
