import { join } from 'node:path';
import { describeWith, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { systemClock } from '../context.ts';
import type { DiscoveryConfig } from '../schema/discoverySchema.ts';
import type { LabelSet } from '../targetGroup.ts';
import { awsFake, ec2Reservation } from '../testing/awsFake.ts';
import { collect } from '../testing/collect.ts';
import { dockerContainer, dockerFake } from '../testing/dockerFake.ts';
import { startPrometheus } from '../testing/prometheusPeer.ts';
import { planProviders } from './createProviders.ts';

/** Labels of Prometheus 3 that version 2 does not have. */
const NEW_LABELS = /^__meta_ec2_(region|primary_ipv6_addresses|default_ipv6_address)$/;

describeWith('prometheus', 'discovery beside a real Prometheus', () => {
  // Without containers in the network of another one, which version 2.42 leaves out.
  it('finds the same containers of a Docker daemon', async () => {
    using folder = tempDir('docker');
    const networks = [
      { Id: 'n1', Name: 'bridge', Scope: 'local', Internal: false, Ingress: false, Labels: { 'a-b': 'c' } },
      { Id: 'n2', Name: 'inner', Scope: 'swarm', Internal: true, Ingress: true, Labels: null },
    ];
    const bridge = { NetworkID: 'n1', IPAddress: '172.17.0.2' };
    const inner = { NetworkID: 'n2', IPAddress: '10.0.0.7' };
    const tcp = { Type: 'tcp', PrivatePort: 9100 };
    const published = { Type: 'tcp', PrivatePort: 80, PublicPort: 8080, IP: '0.0.0.0' };
    const mode = (NetworkMode: string): object => ({ HostConfig: { NetworkMode } });
    const containers = [
      dockerContainer('a', { bridge, inner }, { Ports: [tcp, published], Labels: { 'x.y/z': '1' } }),
      dockerContainer('b', { bridge }, { Ports: [{ Type: 'udp', PrivatePort: 53 }] }),
      dockerContainer('c', { host: { NetworkID: 'n3', IPAddress: '' } }, mode('host')),
      dockerContainer('f', {}, mode('none')),
      dockerContainer('g', { inner: { NetworkID: 'n2', IPAddress: 'fd00::7' } }),
      dockerContainer('h', { bridge }, { Names: null }),
    ];
    await using docker = await dockerFake({ containers, networks }, join(folder.path, 'docker.sock'));
    const section = { host: docker.url, port: 99 };
    const theirs = await askPrometheus({ docker_sd_configs: [section] });
    const ours = await askHere({ docker_sd_configs: [{ ...section, match_first_network: false }] });
    expect(ours).toHaveLength(7);
    expect(ours).toEqual(theirs);
  });

  it('finds the same instances of EC2, through a role', async () => {
    const address = (ip: string): string =>
      `<item><ipv6Address>${ip}</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item>`;
    const device = (subnet: string, addresses: string): string =>
      `<item><subnetId>${subnet}</subnetId><attachment><deviceIndex>0</deviceIndex></attachment><ipv6AddressesSet>${addresses}</ipv6AddressesSet></item>`;
    const common = (ip: string): string =>
      `<imageId>ami</imageId><instanceType>t3.nano</instanceType><instanceState><name>running</name></instanceState><placement><availabilityZone>eu-west-1a</availabilityZone></placement><privateIpAddress>${ip}</privateIpAddress>`;
    const pages = [
      ec2Reservation('i-1', common('10.0.0.1')) +
        ec2Reservation('i-2', '<imageId>ami</imageId><vpcId>v</vpcId>'),
      ec2Reservation(
        'i-3',
        `${common('10.0.0.3')}<privateDnsName>p</privateDnsName><dnsName>d</dnsName><ipAddress>52.0.0.1</ipAddress>
        <platform>windows</platform><architecture>arm64</architecture><instanceLifecycle>spot</instanceLifecycle>
        <vpcId>vpc</vpcId><subnetId>s-1</subnetId>
        <networkInterfaceSet>${device('s-2', '')}${device('s-1', address('2001:db8::1'))}${device('s-2', address('2001:db8::2'))}</networkInterfaceSet>
        <tagSet><item><key>a:b</key><value>&lt;1&gt;</value></item></tagSet>`,
      ),
    ];
    const expiration = new Date(Date.now() + 3_600_000).toISOString();
    const role = { key: 'ROLE', secret: 'role-secret', token: 'role+token/=', expiration };
    await using aws = await awsFake(systemClock, { pages, role });
    const filters = [{ name: 'tag:Name', values: ['a b*', 'ü'] }];
    const keys = { access_key: 'AKID', secret_key: 'secret', role_arn: 'arn:aws:iam::1:role/x' };
    const section = { region: 'eu-west-1', endpoint: aws.url, port: 9100, filters, ...keys };
    const theirs = await askPrometheus({ ec2_sd_configs: [section] });
    const theirCalls = aws.calls.length;
    const ours = await askHere({ ec2_sd_configs: [section] }, { AWS_ENDPOINT_URL_STS: aws.url });
    expect(ours).toHaveLength(2);
    expect(ours).toEqual(theirs);
    // Both signed what they asked for, first by the key of the configuration and then by the role's.
    const signers = aws.calls.map(({ action, accessKeyId }) => `${action} ${accessKeyId}`);
    expect(new Set(signers.slice(theirCalls))).toEqual(new Set(signers.slice(0, theirCalls)));
  });
});

/** The targets that are found here, without what version 2 of Prometheus does not know. */
async function askHere(
  config: DiscoveryConfig,
  environment: Readonly<Record<string, string>> = {},
): Promise<LabelSet[]> {
  const [plan] = planProviders(config, '.');
  await using found = collect(plan!.create, { clock: systemClock, environment });
  await found.provider.start();
  await waitFor(() => found.reports > 0 || found.errors.length > 0);
  expect(found.errors).toEqual([]);
  return comparable(found.targets());
}

async function askPrometheus(section: DiscoveryConfig): Promise<LabelSet[]> {
  await using peer = await startPrometheus([{ job_name: 'peer', ...section }]);
  return await waitFor(
    async () => {
      const { activeTargets } = await peer.targets<TargetsData>();
      const found = activeTargets.map(({ discoveredLabels }) => discoveredLabels);
      return found.length === 0 ? undefined : comparable(found);
    },
    { timeoutMs: 25_000, intervalMs: 200, what: 'Prometheus to have discovered its targets' },
  );
}

interface TargetsData {
  readonly activeTargets: readonly { readonly discoveredLabels: LabelSet }[];
}

/** An empty label is none; what every target has besides is not of discovery. */
function comparable(targets: readonly LabelSet[]): LabelSet[] {
  const isOfDiscovery = ([name, value]: [string, string]): boolean =>
    value !== '' && !NEW_LABELS.test(name) && /^__(meta_.*|address__)$/.test(name);
  return targets
    .map((target) => Object.fromEntries(Object.entries(target).filter(isOfDiscovery).sort()))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
