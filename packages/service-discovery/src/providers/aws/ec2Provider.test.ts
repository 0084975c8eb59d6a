import type { ServerResponse } from 'node:http';
import { FakeClock, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import type { Ec2SdConfig } from '../../schema/discoverySchema.ts';
import { awsFake, ec2Reservation, type AwsFake, type AwsState } from '../../testing/awsFake.ts';
import { collect, type Collected } from '../../testing/collect.ts';
import { endless } from '../../testing/endless.ts';
import { planAws, planEc2 } from './ec2Provider.ts';

const keys = { access_key: 'AKID', secret_key: 'secret' };

function collectFrom(aws: AwsFake, clock: FakeClock, config: Partial<Ec2SdConfig> = {}): Collected {
  const plan = planEc2({ region: 'eu-west-1', endpoint: aws.url, ...keys, ...config });
  return collect(plan, { clock });
}

/** What is found once. */
async function found(state: Partial<AwsState>, config: Partial<Ec2SdConfig> = {}): Promise<Collected> {
  const clock = new FakeClock();
  await using aws = await awsFake(clock, state);
  const collected = collectFrom(aws, clock, config);
  await collected.provider.start();
  await waitFor(() => collected.reports === 1 || collected.errors.length > 0);
  await collected.provider.stop();
  expect(collected.errors).toEqual([]);
  return collected;
}

const running = (ip: string): string =>
  `<instanceState><code>16</code><name>running</name></instanceState><privateIpAddress>${ip}</privateIpAddress>`;

it('gives an instance its labels', async () => {
  const address = (ip: string, isPrimary: boolean | undefined): string =>
    `<item><ipv6Address>${ip}</ipv6Address>${isPrimary === undefined ? '' : `<isPrimaryIpv6>${isPrimary}</isPrimaryIpv6>`}</item>`;
  const device = (subnet: string, index: number | undefined, addresses: string): string =>
    `<item>${subnet && `<subnetId>${subnet}</subnetId>`}${index === undefined ? '' : `<attachment><deviceIndex>${index}</deviceIndex></attachment>`}<ipv6AddressesSet>${addresses}</ipv6AddressesSet></item>`;
  const instance = ec2Reservation(
    'i-1',
    `<imageId>ami-1</imageId>
    <instanceState><code>16</code><name>running</name></instanceState>
    <privateDnsName>ip-10-0-0-1.internal</privateDnsName><dnsName>ec2-1.example</dnsName>
    <instanceType>t3.micro</instanceType><placement><availabilityZone>eu-west-1a</availabilityZone></placement>
    <platform>windows</platform><subnetId>s-1</subnetId><vpcId>vpc-1</vpcId>
    <privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>52.0.0.1</ipAddress>
    <architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle>
    <tagSet>
      <item><key>Name</key><value>a &amp; b</value></item><item><key>team:of</key><value>shop</value></item>
      <item><key>empty</key><value/></item><item><value>no key</value></item>
    </tagSet>
    <networkInterfaceSet>
      ${device('s-1', 3, address('2001:db8::1', false))}
      ${device('s-1', 1, address('2001:db8::2', undefined) + address('2001:db8::3', true))}
      ${device('s-2', 3, address('2001:db8::4', true))}
      ${device('', 0, address('2001:db8::5', true))}
      ${device('s-3', undefined, address('2001:db8::6', true))}
      ${device('s-3', 2_000_000, address('2001:db8::7', true))}
    </networkInterfaceSet>`,
  );
  const { groups } = await found({ pages: [instance] }, { port: 9100 });
  expect([...groups.keys()]).toEqual(['eu-west-1']);
  expect(groups.get('eu-west-1')!.targets).toEqual([
    {
      __address__: '10.0.0.1:9100',
      __meta_ec2_ami: 'ami-1',
      __meta_ec2_architecture: 'x86_64',
      __meta_ec2_availability_zone: 'eu-west-1a',
      __meta_ec2_availability_zone_id: 'euw1-az3',
      __meta_ec2_default_ipv6_address: '2001:db8::3',
      __meta_ec2_instance_id: 'i-1',
      __meta_ec2_instance_lifecycle: 'spot',
      __meta_ec2_instance_state: 'running',
      __meta_ec2_instance_type: 't3.micro',
      __meta_ec2_ipv6_addresses: ',2001:db8::1,2001:db8::2,2001:db8::3,2001:db8::4,2001:db8::6,2001:db8::7,',
      __meta_ec2_owner_id: '1234',
      __meta_ec2_platform: 'windows',
      __meta_ec2_primary_ipv6_addresses: ',,2001:db8::3,,2001:db8::4,',
      __meta_ec2_primary_subnet_id: 's-1',
      __meta_ec2_private_dns_name: 'ip-10-0-0-1.internal',
      __meta_ec2_private_ip: '10.0.0.1',
      __meta_ec2_public_dns_name: 'ec2-1.example',
      __meta_ec2_public_ip: '52.0.0.1',
      __meta_ec2_region: 'eu-west-1',
      __meta_ec2_subnet_id: ',s-1,s-2,s-3,',
      __meta_ec2_tag_Name: 'a & b',
      __meta_ec2_tag_team_of: 'shop',
      __meta_ec2_vpc_id: 'vpc-1',
    },
  ]);
});

it('takes an address of IPv6 where there is no other, and leaves out what has none', async () => {
  const six = `<vpcId>v</vpcId><networkInterfaceSet><item><subnetId>s</subnetId><ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet></item></networkInterfaceSet>`;
  const pages = [
    ec2Reservation('i-1', six) + ec2Reservation('i-2', '') + ec2Reservation('i-3', running('10.0.0.3')),
  ];
  expect((await found({ pages })).addresses()).toEqual(['10.0.0.3:80', '[2001:db8::1]:80']);
});

it('reads every page, with its filters and a signature on each request', async () => {
  const clock = new FakeClock();
  const pages = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => ec2Reservation('i', running(ip)));
  await using aws = await awsFake(clock, { pages });
  const filters = [
    { name: 'tag:Name', values: ['a b', 'c&d*'] },
    { name: 'instance-state-name', values: ['running'] },
  ];
  await using collected = collectFrom(aws, clock, { filters });
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  expect(collected.addresses()).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80']);
  const signer = { accessKeyId: 'AKID', region: 'eu-west-1', service: 'ec2' };
  const params = {
    Version: '2016-11-15',
    MaxResults: '1000',
    'Filter.1.Name': 'tag:Name',
    'Filter.1.Value.1': 'a b',
    'Filter.1.Value.2': 'c&d*',
    'Filter.2.Name': 'instance-state-name',
    'Filter.2.Value.1': 'running',
  };
  expect(aws.calls).toEqual([
    { action: 'DescribeAvailabilityZones', params: { Version: '2016-11-15' }, ...signer },
    { action: 'DescribeInstances', params, ...signer },
    { action: 'DescribeInstances', params: { ...params, NextToken: '1' }, ...signer },
    { action: 'DescribeInstances', params: { ...params, NextToken: '2' }, ...signer },
  ]);
});

it('does without IDs of zones that it may not know, and asks again', async () => {
  const clock = new FakeClock();
  const pages = [
    ec2Reservation(
      'i',
      `${running('10.0.0.1')}<placement><availabilityZone>eu-west-1a</availabilityZone></placement>`,
    ),
  ];
  await using aws = await awsFake(clock, { pages, zones: undefined });
  await using collected = collectFrom(aws, clock);
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  expect(collected.targets()[0]).not.toHaveProperty('__meta_ec2_availability_zone_id');
  aws.state.zones = { 'eu-west-1a': 'euw1-az1' };
  await waitFor(() => clock.pending === 1);
  clock.advance(60_000);
  await waitFor(() => collected.reports === 2);
  expect(collected.targets()[0]).toMatchObject({ __meta_ec2_availability_zone_id: 'euw1-az1' });
  await waitFor(() => clock.pending === 1);
  clock.advance(60_000);
  await waitFor(() => collected.reports === 3);
  // Refused, granted, and known from then on.
  expect(aws.actions().filter((action) => action === 'DescribeAvailabilityZones')).toHaveLength(2);
  expect(collected.errors).toEqual([]);
});

it('keeps the targets while EC2 fails, and sees changes', async () => {
  const clock = new FakeClock();
  await using aws = await awsFake(clock, { pages: [ec2Reservation('i', running('10.0.0.1'))] });
  await using collected = collectFrom(aws, clock);
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  const known = aws.state.keys;
  const failures: [Partial<AwsState>, string | RegExp][] = [
    [{ keys: {} }, 'ec2 for DescribeInstances, found 401: AuthFailure: It is "so"'],
    [{ keys: { AKID: { secret: 'other', token: '' } } }, 'SignatureDoesNotMatch'],
    [{ instead: (response) => response.writeHead(503).end('busy') }, 'found 503: busy'],
    [{ instead: (response) => response.end('<DescribeInstancesResponse>') }, 'in the XML'],
    [{ instead: (response) => response.end('{}') }, 'in the XML'],
    [{ instead: (response) => void response.destroy() }, /./],
    [{ instead: endlessPages }, 'expected at most 1000 pages'],
    [{ instead: endless }, 'expected a body of at most'],
  ];
  for (const [index, [state, message]] of failures.entries()) {
    Object.assign(aws.state, { instead: undefined, keys: known }, state);
    await waitFor(() => clock.pending === 1);
    clock.advance(60_000);
    await waitFor(() => collected.errors.length === index + 1, { what: String(message), timeoutMs: 20_000 });
    expect(collected.errors.at(-1)!.message).toMatch(message);
    expect(collected.addresses()).toEqual(['10.0.0.1:80']);
  }
  Object.assign(aws.state, { instead: undefined, keys: known, pages: [''] });
  await waitFor(() => clock.pending === 1);
  clock.advance(60_000);
  await waitFor(() => collected.reports === 2);
  expect(collected.targets()).toEqual([]);
});

it('gives EC2 as long as the interval, and stops at once', async () => {
  const clock = new FakeClock();
  await using aws = await awsFake(clock, { instead: () => undefined });
  await using slow = collectFrom(aws, clock, { refresh_interval: '20ms' });
  await slow.provider.start();
  await waitFor(() => slow.errors.length === 1);
  expect(slow.errors[0]!.name).toBe('TimeoutError');
  const stopped = collectFrom(aws, clock);
  await stopped.provider.start();
  await waitFor(() => aws.requests.length === 2);
  await stopped.provider.stop();
  expect(stopped.errors).toEqual([]);
});

it('is aws_sd_configs with the role ec2', async () => {
  const clock = new FakeClock();
  await using aws = await awsFake(clock, { pages: [ec2Reservation('i', running('10.0.0.1'))] });
  const plan = planAws({ role: 'ec2', region: 'eu-west-1', endpoint: aws.url, port: 81, ...keys });
  await using collected = collect(plan, { clock });
  await collected.provider.start();
  await waitFor(() => collected.reports === 1);
  expect(collected.addresses()).toEqual(['10.0.0.1:81']);
});

it('refuses what cannot work, and says why', () => {
  const cases: [() => unknown, RegExp][] = [
    [() => planAws({ role: 'ecs', clusters: ['a'] }), /role ec2, found "ecs"/],
    [() => planAws({ role: 'ec2', clusters: ['a'] }), /clusters are not for the role ec2/],
    [() => planEc2({ access_key: 'a' }), /access_key and secret_key/],
    [() => planEc2({ external_id: 'a' }), /external_id needs role_arn/],
    [() => planEc2({ endpoint: 'ftp://a' }), /ftp:\/\/a/],
    [() => planEc2({ filters: [{ name: 'a' }] }), /values in the filter "a"/],
    [() => planEc2({ refresh_interval: '0' }), /refresh_interval above 0/],
  ];
  for (const [plan, message] of cases) expect(plan).toThrow(message);
});

/** Each page says that there is another one. */
function endlessPages(response: ServerResponse): void {
  response.end('<DescribeInstancesResponse><nextToken>again</nextToken></DescribeInstancesResponse>');
}
