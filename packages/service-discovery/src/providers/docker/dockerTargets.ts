import { compareUtf8 } from '@binnacle/model';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { DiscoveryError } from '../../errors.ts';
import type { DockerSdConfig } from '../../schema/discoverySchema.ts';
import type { LabelSet } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { sanitizeLabelName } from '../sanitizeLabelName.ts';

const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const text = Type.Optional(Type.String());
const labels = orNull(Type.Record(Type.String(), Type.String()));

const endpoint = Type.Object({ NetworkID: text, IPAddress: text, GlobalIPv6Address: text });
const container = Type.Object({
  Id: Type.String(),
  Names: orNull(Type.Array(Type.String())),
  Labels: labels,
  HostConfig: Type.Optional(Type.Object({ NetworkMode: text })),
  Ports: orNull(
    Type.Array(
      Type.Object({
        Type: text,
        IP: text,
        PrivatePort: Type.Integer(),
        PublicPort: Type.Optional(Type.Integer()),
      }),
    ),
  ),
  NetworkSettings: orNull(
    Type.Object({ Networks: orNull(Type.Record(Type.String(), Type.Union([endpoint, Type.Null()]))) }),
  ),
});
const network = Type.Object({
  Id: Type.String(),
  Name: text,
  Scope: text,
  Internal: Type.Optional(Type.Boolean()),
  Ingress: Type.Optional(Type.Boolean()),
  Labels: labels,
});

const containerList = Type.Array(container);
const networkList = Type.Array(network);

export type Container = Static<typeof container>;
export type Network = Static<typeof network>;
type Endpoint = Static<typeof endpoint>;

/** The answer of `/containers/json`. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseContainers(answer: unknown): Container[] {
  if (Value.Check(containerList, answer)) return answer;
  throw unexpected('a list of containers', Value.Errors(containerList, answer)[0]?.instancePath);
}

/** The answer of `/networks`. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseNetworks(answer: unknown): Network[] {
  if (Value.Check(networkList, answer)) return answer;
  throw unexpected('a list of networks', Value.Errors(networkList, answer)[0]?.instancePath);
}

/**
 * A target for each network of a container and each TCP port that it exposes there; one with the configured port where
 * it exposes none.
 */
export function containerTargets(
  containers: readonly Container[],
  networks: readonly Network[],
  config: Pick<DockerSdConfig, 'port' | 'host_networking_host' | 'match_first_network'>,
): LabelSet[] {
  const byId = new Map(containers.map((one) => [one.Id, one]));
  const networkLabels = new Map(networks.map((one) => [one.Id, labelsOfNetwork(one)]));
  const targets: LabelSet[] = [];
  for (const one of containers) {
    const name = one.Names?.[0];
    if (name === undefined) continue;
    const mode = one.HostConfig?.NetworkMode ?? '';
    const shared: LabelSet = {
      __meta_docker_container_id: one.Id,
      __meta_docker_container_name: name,
      __meta_docker_container_network_mode: mode,
      ...prefixed('__meta_docker_container_label_', one.Labels),
    };
    for (const attached of endpointsOf(one, byId, config.match_first_network ?? true)) {
      // A network without IPv4 has its address in the other field.
      const ip = attached.IPAddress || attached.GlobalIPv6Address || '';
      const common: LabelSet = {
        ...shared,
        ...networkLabels.get(attached.NetworkID ?? ''),
        __meta_docker_network_ip: ip,
      };
      const ports = (one.Ports ?? []).filter((port) => port.Type === 'tcp');
      for (const port of ports) {
        targets.push({ ...common, __address__: hostPort(ip, port.PrivatePort), ...labelsOfPort(port) });
      }
      if (ports.length > 0) continue;
      const address =
        mode === 'host' ? (config.host_networking_host ?? 'localhost') : hostPort(ip, config.port ?? 80);
      targets.push({ ...common, __address__: address });
    }
  }
  return targets;
}

/** The networks of a container, or of the one whose network it shares (`container:<id>`). */
function endpointsOf(one: Container, byId: ReadonlyMap<string, Container>, onlyFirst: boolean): Endpoint[] {
  let owner: Container | undefined = one;
  const passed = new Set<Container>();
  while (owner !== undefined && Object.keys(networksOf(owner)).length === 0 && !passed.has(owner)) {
    passed.add(owner);
    owner = byId.get(sharedWith(owner) ?? '');
  }
  const named = Object.entries(owner === undefined ? {} : networksOf(owner))
    .filter((entry): entry is [string, Endpoint] => entry[1] !== null)
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([, attached]) => attached);
  return onlyFirst ? named.slice(0, 1) : named;
}

function sharedWith(one: Container): string | undefined {
  return /^container:(.*)$/.exec(one.HostConfig?.NetworkMode ?? '')?.[1];
}

function networksOf(one: Container): Readonly<Record<string, Endpoint | null>> {
  return one.NetworkSettings?.Networks ?? {};
}

function labelsOfPort({
  PrivatePort,
  PublicPort = 0,
  IP = '',
}: NonNullable<Container['Ports']>[number]): LabelSet {
  const own = { __meta_docker_port_private: String(PrivatePort) };
  if (PublicPort <= 0) return own;
  return { ...own, __meta_docker_port_public: String(PublicPort), __meta_docker_port_public_ip: IP };
}

function labelsOfNetwork(one: Network): LabelSet {
  return {
    __meta_docker_network_id: one.Id,
    __meta_docker_network_name: one.Name ?? '',
    __meta_docker_network_scope: one.Scope ?? '',
    __meta_docker_network_internal: String(one.Internal ?? false),
    __meta_docker_network_ingress: String(one.Ingress ?? false),
    ...prefixed('__meta_docker_network_label_', one.Labels),
  };
}

function prefixed(prefix: string, own: Readonly<Record<string, string>> | null | undefined): LabelSet {
  return Object.fromEntries(
    Object.entries(own ?? {}).map(([name, value]) => [prefix + sanitizeLabelName(name), value]),
  );
}

function unexpected(what: string, path: string | undefined): DiscoveryError {
  return new DiscoveryError(
    'SD_BAD_RESPONSE',
    `expected ${what} from Docker, found something else at ${path || 'the top'}`,
  );
}
