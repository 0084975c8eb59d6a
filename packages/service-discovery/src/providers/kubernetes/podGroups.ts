import type { LabelSet, TargetGroup } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { known, metaLabels } from './metaLabels.ts';
import type { Container, KubernetesObject } from './objects.ts';
import { namespaceLabels } from './objectGroups.ts';
import type { Lookup } from './roles.ts';

type Pod = KubernetesObject<'pods'>;

/** One target for each port of each container; one without a port for a container that declares none. */
export function podGroup(pod: Pod, lookup: Lookup): TargetGroup {
  const { metadata } = pod;
  const labels = {
    ...podLabels(pod),
    ...known({ namespace: metadata.namespace ?? '' }),
    ...namespaceLabels(metadata, lookup),
    ...nodeLabels(pod.spec?.nodeName, lookup),
  };
  // A pod that starts or was evicted has no address.
  const ip = pod.status?.podIP ?? '';
  if (ip === '') return { targets: [], labels };
  const targets = containersOf(pod).flatMap(({ container, isInit }): LabelSet[] => {
    const own = { ...containerLabels(container, isInit), ...containerId(pod, container) };
    const ports = container.ports ?? [];
    if (ports.length === 0) return [{ __address__: ip, ...own }];
    return ports.map((port) => ({
      __address__: hostPort(ip, port.containerPort),
      ...own,
      ...containerPortLabels(port),
    }));
  });
  return { targets, labels };
}

/** What every target of a pod shares. */
export function podLabels({ metadata, spec, status }: Pod): LabelSet {
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  const controller = (metadata.ownerReferences ?? []).find((owner) => owner.controller === true);
  return {
    ...metaLabels('pod', metadata),
    ...known({
      pod_ip: status?.podIP ?? '',
      pod_ready: ready?.status.toLowerCase() ?? 'unknown',
      pod_phase: status?.phase ?? '',
      pod_node_name: spec?.nodeName ?? '',
      pod_host_ip: status?.hostIP ?? '',
      pod_uid: metadata.uid ?? '',
      pod_controller_kind: controller?.kind,
      pod_controller_name: controller?.name,
    }),
  };
}

/** Labels of a node, where `attach_metadata` asks for them. */
export function nodeLabels(name: string | undefined, { attach, find }: Lookup): LabelSet {
  if (!attach.node || name === undefined || name === '') return {};
  const node = find('nodes', name);
  return node === undefined ? {} : metaLabels('node', node.metadata);
}

/** Containers and init containers, in this order. */
export function containersOf({ spec }: Pod): { readonly container: Container; readonly isInit: boolean }[] {
  const wrap = (isInit: boolean) => (container: Container) => ({ container, isInit });
  return [...(spec?.containers ?? []).map(wrap(false)), ...(spec?.initContainers ?? []).map(wrap(true))];
}

export function containerLabels({ name, image = '' }: Container, isInit: boolean): LabelSet {
  return known({ pod_container_name: name, pod_container_image: image, pod_container_init: isInit });
}

export function containerPortLabels(port: NonNullable<Container['ports']>[number]): LabelSet {
  return known({
    pod_container_port_name: port.name ?? '',
    pod_container_port_number: port.containerPort,
    pod_container_port_protocol: port.protocol ?? '',
  });
}

function containerId({ status }: Pod, { name }: Container): LabelSet {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return known({ pod_container_id: statuses.find((one) => one.name === name)?.containerID ?? '' });
}
