import type { KubernetesSdConfig } from '../../schema/discoverySchema.ts';
import type { TargetGroup } from '../../targetGroup.ts';
import { endpointSliceGroup, endpointsGroup } from './endpointGroups.ts';
import { ingressGroup, nodeGroup, serviceGroup } from './objectGroups.ts';
import { podGroup } from './podGroups.ts';
import type { KubernetesObject, ResourceKind } from './objects.ts';

export type Role = KubernetesSdConfig['role'];

/** Other objects that a group may need. Asking for one makes the group follow its changes. */
export interface Lookup {
  find<K extends ResourceKind>(kind: K, key: string): KubernetesObject<K> | undefined;
  /** Whether `attach_metadata` asks for the labels of nodes and namespaces. */
  readonly attach: { readonly node: boolean; readonly namespace: boolean };
}

interface RolePlan<K extends ResourceKind> {
  /** What targets are made of. */
  readonly main: K;
  /** What else is read for them. */
  readonly others: readonly ResourceKind[];
  /** Whether its targets run on nodes, whose labels may be attached. */
  readonly hasNodes: boolean;
  /** Prefix of the group's source. */
  readonly source: string;
  readonly group: (object: KubernetesObject<K>, lookup: Lookup) => TargetGroup;
}

/** How each role makes groups. */
export const ROLES: { readonly [R in Role]: RolePlan<ResourceKind> } = {
  node: plan('nodes', [], 'node', nodeGroup),
  pod: plan('pods', [], 'pod', podGroup),
  service: plan('services', [], 'svc', serviceGroup),
  endpoints: plan('endpoints', ['services', 'pods'], 'endpoints', endpointsGroup),
  endpointslice: plan('endpointslices', ['services', 'pods'], 'endpointslice', endpointSliceGroup),
  ingress: plan('ingresses', [], 'ingress', ingressGroup),
};

/** Kinds that a selector of a role is about. */
export const KIND_OF_ROLE: { readonly [R in Role]: ResourceKind } = {
  node: 'nodes',
  pod: 'pods',
  service: 'services',
  endpoints: 'endpoints',
  endpointslice: 'endpointslices',
  ingress: 'ingresses',
};

function plan<K extends ResourceKind>(
  main: K,
  others: readonly ResourceKind[],
  source: string,
  group: (object: KubernetesObject<K>, lookup: Lookup) => TargetGroup,
): RolePlan<ResourceKind> {
  // Objects of a kind have passed that kind's schema.
  const hasNodes = main === 'pods' || others.includes('pods');
  return { main, others, hasNodes, source, group: group as RolePlan<ResourceKind>['group'] };
}
