import type { LabelSet, TargetGroup } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { sanitizeLabelName } from '../sanitizeLabelName.ts';
import { known, META, metaLabels, ownLabels } from './metaLabels.ts';
import type { KubernetesObject, ObjectMeta } from './objects.ts';
import type { Lookup } from './roles.ts';

const ADDRESS_ORDER = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'];

/** One target: the node's kubelet. */
export function nodeGroup({ metadata, spec, status }: KubernetesObject<'nodes'>): TargetGroup {
  const addresses = new Map<string, string>();
  for (const { type, address } of status?.addresses ?? [])
    if (!addresses.has(type)) addresses.set(type, address);
  const chosen = ADDRESS_ORDER.find((type) => addresses.has(type));
  const labels = { ...metaLabels('node', metadata), ...known({ node_provider_id: spec?.providerID ?? '' }) };
  if (chosen === undefined) return { targets: [], labels };
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const target: Record<string, string> = {
    __address__: hostPort(addresses.get(chosen)!, port),
    instance: metadata.name,
  };
  for (const [type, address] of addresses) target[`${META}node_address_${sanitizeLabelName(type)}`] = address;
  return { targets: [target], labels };
}

/** One target for each port of a service, by its name in the cluster's DNS. */
export function serviceGroup({ metadata, spec }: KubernetesObject<'services'>, lookup: Lookup): TargetGroup {
  const host = `${metadata.name}.${metadata.namespace ?? ''}.svc`;
  const type = spec?.type ?? '';
  const targets = (spec?.ports ?? []).map((port): LabelSet => ({
    __address__: hostPort(host, port.port),
    ...known({
      service_port_name: port.name ?? '',
      service_port_number: port.port,
      service_port_protocol: port.protocol ?? '',
      service_type: type,
      service_external_name: type === 'ExternalName' ? (spec?.externalName ?? '') : undefined,
      service_cluster_ip: type === 'ExternalName' ? undefined : (spec?.clusterIP ?? ''),
      service_loadbalancer_ip: type === 'LoadBalancer' ? (spec?.loadBalancerIP ?? '') : undefined,
    }),
  }));
  return { targets, labels: { ...serviceLabels(metadata), ...namespaceLabels(metadata, lookup) } };
}

/** What every target of a service shares, also those of its endpoints. */
export function serviceLabels(metadata: ObjectMeta): LabelSet {
  return { ...metaLabels('service', metadata), ...known({ namespace: metadata.namespace ?? '' }) };
}

/** One target for each path of each rule. */
export function ingressGroup({ metadata, spec }: KubernetesObject<'ingresses'>, lookup: Lookup): TargetGroup {
  const tlsHosts = (spec?.tls ?? []).flatMap((tls) => tls.hosts ?? []);
  const targets = (spec?.rules ?? []).flatMap(({ host = '', http }) => {
    const scheme = tlsHosts.some((pattern) => matchesHost(pattern, host)) ? 'https' : 'http';
    const paths = (http?.paths ?? [{}]).map(({ path }) => path || '/');
    return paths.map((path): LabelSet => ({
      __address__: host,
      ...known({ ingress_scheme: scheme, ingress_host: host, ingress_path: path }),
    }));
  });
  const own = known({ namespace: metadata.namespace ?? '', ingress_class_name: spec?.ingressClassName });
  return {
    targets,
    labels: { ...metaLabels('ingress', metadata), ...own, ...namespaceLabels(metadata, lookup) },
  };
}

/** Labels of the namespace that an object is in, where `attach_metadata` asks for them. */
export function namespaceLabels(metadata: ObjectMeta, { attach, find }: Lookup): LabelSet {
  if (!attach.namespace || metadata.namespace === undefined) return {};
  const namespace = find('namespaces', metadata.namespace);
  return namespace === undefined ? {} : ownLabels('namespace', namespace.metadata);
}

/** `*.example.org` covers one more label in front, and no other depth. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const rest = host.slice(host.indexOf('.') + 1);
  return pattern.startsWith('*.') && host.includes('.') && pattern.slice(2) === rest;
}
