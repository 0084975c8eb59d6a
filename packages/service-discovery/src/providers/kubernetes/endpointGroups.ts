import type { LabelSet, TargetGroup } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { sanitizeLabelName } from '../sanitizeLabelName.ts';
import { known, META, metaLabels } from './metaLabels.ts';
import { objectKey, type KubernetesObject, type ObjectMeta, type ObjectReference } from './objects.ts';
import { namespaceLabels, serviceLabels } from './objectGroups.ts';
import { containerLabels, containerPortLabels, containersOf, nodeLabels, podLabels } from './podGroups.ts';
import type { Lookup } from './roles.ts';

/**
 * One target for each address and port of a service, with the labels of the pod behind it; and one for each other
 * port that such a pod declares.
 */
export function endpointsGroup(object: KubernetesObject<'endpoints'>, lookup: Lookup): TargetGroup {
  const { metadata, subsets } = object;
  const pods = new PodsSeen(metadata, lookup);
  const targets: LabelSet[] = [];
  for (const subset of subsets ?? []) {
    for (const port of subset.ports ?? []) {
      for (const [ready, addresses] of [
        [true, subset.addresses ?? []],
        [false, subset.notReadyAddresses ?? []],
      ] as const) {
        for (const address of addresses) {
          const own = known({
            endpoint_port_name: port.name ?? '',
            endpoint_port_protocol: port.protocol ?? '',
            endpoint_ready: ready,
            endpoint_node_name: address.nodeName,
            endpoint_hostname: address.hostname || undefined,
            endpoint_address_target_kind: address.targetRef && (address.targetRef.kind ?? ''),
            endpoint_address_target_name: address.targetRef && (address.targetRef.name ?? ''),
          });
          const node = nodeLabels(address.nodeName ?? nodeOf(address.targetRef), lookup);
          targets.push({
            __address__: hostPort(address.ip, port.port),
            ...own,
            ...node,
            ...pods.labels(address.targetRef, port),
          });
        }
      }
    }
  }
  const labels = {
    ...metaLabels('endpoints', metadata),
    ...sharedLabels(metadata, metadata.name, lookup),
  };
  return { targets: [...targets, ...pods.otherPorts()], labels };
}

/** As `endpointsGroup`, for one slice of a service's endpoints. */
export function endpointSliceGroup(object: KubernetesObject<'endpointslices'>, lookup: Lookup): TargetGroup {
  const { metadata, addressType = '', endpoints, ports } = object;
  const pods = new PodsSeen(metadata, lookup);
  const targets: LabelSet[] = [];
  for (const endpoint of endpoints ?? []) {
    const { targetRef, conditions, deprecatedTopology } = endpoint;
    const own: Record<string, string> = known({
      endpointslice_endpoint_conditions_ready: conditions?.ready,
      endpointslice_endpoint_conditions_serving: conditions?.serving,
      endpointslice_endpoint_conditions_terminating: conditions?.terminating,
      endpointslice_endpoint_hostname: endpoint.hostname,
      endpointslice_endpoint_node_name: endpoint.nodeName,
      endpointslice_endpoint_zone: endpoint.zone,
      endpointslice_address_target_kind: targetRef && (targetRef.kind ?? ''),
      endpointslice_address_target_name: targetRef && (targetRef.name ?? ''),
    });
    for (const [name, value] of Object.entries(deprecatedTopology ?? {})) {
      own[`${META}endpointslice_endpoint_topology_${sanitizeLabelName(name)}`] = value;
      own[`${META}endpointslice_endpoint_topology_present_${sanitizeLabelName(name)}`] = 'true';
    }
    const node = nodeLabels(nodeOf(targetRef) ?? endpoint.nodeName, lookup);
    for (const port of ports ?? []) {
      const portLabels = known({
        endpointslice_port: port.port,
        endpointslice_port_name: port.name,
        endpointslice_port_protocol: port.protocol,
        endpointslice_port_app_protocol: port.appProtocol,
      });
      for (const address of endpoint.addresses ?? []) {
        const __address__ = port.port === undefined ? address : hostPort(address, port.port);
        targets.push({ __address__, ...own, ...portLabels, ...node, ...pods.labels(targetRef, port) });
      }
    }
  }
  const service = metadata.labels?.['kubernetes.io/service-name'];
  const labels = {
    ...metaLabels('endpointslice', metadata),
    ...known({ endpointslice_address_type: addressType }),
    ...sharedLabels(metadata, service, lookup),
  };
  return { targets: [...targets, ...pods.otherPorts()], labels };
}

function sharedLabels(metadata: ObjectMeta, serviceName: string | undefined, lookup: Lookup): LabelSet {
  const { namespace = '' } = metadata;
  const service =
    serviceName === undefined
      ? undefined
      : lookup.find('services', objectKey({ namespace, name: serviceName }));
  return {
    ...known({ namespace }),
    ...(service === undefined ? {} : serviceLabels(service.metadata)),
    ...namespaceLabels(metadata, lookup),
  };
}

function nodeOf(reference: ObjectReference): string | undefined {
  return reference?.kind === 'Node' ? reference.name : undefined;
}

interface Port {
  readonly port?: number;
  readonly protocol?: string;
}

/** The pods behind the addresses of one object, and which of their ports the object has. */
class PodsSeen {
  readonly #metadata: ObjectMeta;
  readonly #lookup: Lookup;
  readonly #seen = new Map<string, { readonly pod: KubernetesObject<'pods'>; readonly ports: Port[] }>();

  constructor(metadata: ObjectMeta, lookup: Lookup) {
    this.#metadata = metadata;
    this.#lookup = lookup;
  }

  /** Labels of the pod that an address refers to, and of its container with this port. */
  labels(reference: ObjectReference, port: Port): LabelSet {
    if (reference?.kind !== 'Pod' || reference.name === undefined) return {};
    const namespace = reference.namespace ?? this.#metadata.namespace ?? '';
    const key = objectKey({ namespace, name: reference.name });
    const pod = this.#lookup.find('pods', key);
    if (pod === undefined) return {};
    const seen = this.#seen.get(key) ?? { pod, ports: [] };
    this.#seen.set(key, seen);
    seen.ports.push(port);
    return { ...podLabels(pod), ...containerOf(pod, port) };
  }

  /** A target for each declared port of these pods that no address has. */
  otherPorts(): LabelSet[] {
    return [...this.#seen.values()].flatMap(({ pod, ports }) => {
      const ip = pod.status?.podIP ?? '';
      if (ip === '') return [];
      return containersOf(pod).flatMap(({ container, isInit }) =>
        (container.ports ?? [])
          .filter((own) => !ports.some((p) => p.port === own.containerPort && p.protocol === own.protocol))
          .map((own) => ({
            __address__: hostPort(ip, own.containerPort),
            ...containerLabels(container, isInit),
            ...containerPortLabels(own),
            ...podLabels(pod),
          })),
      );
    });
  }
}

function containerOf(pod: KubernetesObject<'pods'>, { port, protocol }: Port): LabelSet {
  for (const { container, isInit } of containersOf(pod)) {
    const own = (container.ports ?? []).find((one) => one.containerPort === port);
    if (own === undefined) continue;
    return {
      ...containerLabels(container, isInit),
      ...containerPortLabels({ ...own, protocol: protocol ?? '' }),
    };
  }
  return {};
}
