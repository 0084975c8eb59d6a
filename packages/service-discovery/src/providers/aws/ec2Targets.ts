import type { LabelSet } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { sanitizeLabelName } from '../sanitizeLabelName.ts';
import { itemsOf, textOf, type XmlElement } from './xml.ts';

/** No instance has more places for network interfaces. */
const MAX_DEVICES = 1024;

export interface Ec2Labelling {
  readonly region: string;
  readonly port: number;
  /** IDs of availability zones by their names in this account. */
  readonly zoneIds: ReadonlyMap<string, string>;
}

/** The targets in an answer of DescribeInstances: instances that have an address. */
export function instanceTargets(answer: XmlElement, labelling: Ec2Labelling): LabelSet[] {
  const targets: LabelSet[] = [];
  for (const reservation of itemsOf(answer, 'reservationSet')) {
    const ownerId = textOf(reservation, 'ownerId');
    for (const instance of itemsOf(reservation, 'instancesSet')) {
      const target = instanceTarget(instance, ownerId, labelling);
      if (target !== undefined) targets.push(target);
    }
  }
  return targets;
}

/** IDs by names in an answer of DescribeAvailabilityZones. */
export function zoneIdsIn(answer: XmlElement): Map<string, string> {
  const ids = new Map<string, string>();
  for (const zone of itemsOf(answer, 'availabilityZoneInfo')) {
    const [name, id] = [textOf(zone, 'zoneName'), textOf(zone, 'zoneId')];
    if (name !== undefined && id !== undefined) ids.set(name, id);
  }
  return ids;
}

function instanceTarget(
  instance: XmlElement,
  ownerId: string | undefined,
  { region, port, zoneIds }: Ec2Labelling,
): LabelSet | undefined {
  const privateIp = textOf(instance, 'privateIpAddress');
  const publicIp = textOf(instance, 'ipAddress');
  const zone = textOf(instance, 'placement', 'availabilityZone');
  const vpcId = textOf(instance, 'vpcId');
  const network = networkOf(instance);
  const host = privateIp ?? network.defaultIpv6;
  if (host === undefined) return undefined;
  const labels: Record<string, string | undefined> = {
    ami: textOf(instance, 'imageId'),
    architecture: textOf(instance, 'architecture'),
    availability_zone: zone,
    availability_zone_id: zoneIds.get(zone ?? ''),
    default_ipv6_address: network.defaultIpv6,
    instance_id: textOf(instance, 'instanceId'),
    instance_lifecycle: textOf(instance, 'instanceLifecycle'),
    instance_state: textOf(instance, 'instanceState', 'name'),
    instance_type: textOf(instance, 'instanceType'),
    ipv6_addresses: listed(network.ipv6),
    owner_id: ownerId,
    platform: textOf(instance, 'platform'),
    primary_ipv6_addresses: listed(network.primaryIpv6),
    private_dns_name: textOf(instance, 'privateDnsName'),
    private_ip: privateIp,
    public_dns_name: publicIp === undefined ? undefined : textOf(instance, 'dnsName'),
    public_ip: publicIp,
    region,
    vpc_id: vpcId,
    ...(vpcId === undefined
      ? {}
      : { primary_subnet_id: textOf(instance, 'subnetId'), subnet_id: `,${network.subnets.join(',')},` }),
  };
  for (const tag of itemsOf(instance, 'tagSet')) {
    const key = textOf(tag, 'key');
    if (key !== undefined) labels[`tag_${sanitizeLabelName(key)}`] = textOf(tag, 'value');
  }
  return {
    __address__: hostPort(host, port),
    ...Object.fromEntries(
      Object.entries(labels).flatMap(([name, value]) =>
        value === undefined ? [] : [[`__meta_ec2_${name}`, value]],
      ),
    ),
  };
}

interface InstanceNetwork {
  /** Each once, in the order of the interfaces. */
  readonly subnets: readonly string[];
  readonly ipv6: readonly string[];
  /** By the place of the interface; places without one are ''. */
  readonly primaryIpv6: readonly string[];
  /** The first primary address, or else the first of all. */
  readonly defaultIpv6: string | undefined;
}

/** Interfaces without a subnet do not count. */
function networkOf(instance: XmlElement): InstanceNetwork {
  const subnets = new Set<string>();
  const ipv6: string[] = [];
  const primaryIpv6: string[] = [];
  let firstPrimary: string | undefined;
  for (const device of itemsOf(instance, 'networkInterfaceSet')) {
    const subnet = textOf(device, 'subnetId');
    if (subnet === undefined) continue;
    subnets.add(subnet);
    const index = Number(textOf(device, 'attachment', 'deviceIndex') ?? -1);
    for (const item of itemsOf(device, 'ipv6AddressesSet')) {
      const address = textOf(item, 'ipv6Address');
      if (address === undefined) continue;
      ipv6.push(address);
      if (textOf(item, 'isPrimaryIpv6') !== 'true') continue;
      firstPrimary ??= address;
      if (!(index >= 0 && index < MAX_DEVICES)) continue;
      while (primaryIpv6.length <= index) primaryIpv6.push('');
      primaryIpv6[index] = address;
    }
  }
  return { subnets: [...subnets], ipv6, primaryIpv6, defaultIpv6: firstPrimary ?? ipv6[0] };
}

/** With a comma before and behind, so that a pattern finds a member without looking for the ends. */
function listed(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : `,${values.join(',')},`;
}
