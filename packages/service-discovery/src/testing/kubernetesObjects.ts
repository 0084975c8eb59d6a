import type { AnyObject } from './kubernetesFake.ts';

/** A pod with one container that has one port. */
export function pod(
  name: string,
  ip: string,
  more: { namespace?: string; node?: string; port?: number } = {},
): AnyObject {
  const { namespace = 'default', node = 'n1', port = 8080 } = more;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      labels: { 'app.kubernetes.io/name': name },
      annotations: { 'example.org/scrape': 'true' },
      ownerReferences: [
        { kind: 'Job', name: 'other' },
        { kind: 'ReplicaSet', name: 'rs', controller: true },
      ],
      managedFields: [{ manager: 'kubelet' }],
    },
    spec: {
      nodeName: node,
      containers: [
        { name: 'main', image: 'image:1', ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] },
      ],
    },
    status: {
      podIP: ip,
      hostIP: '10.1.1.1',
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'main', containerID: `docker://${name}` }],
    },
  };
}

/** What `pod` has as labels in the role that targets are made of pods. */
export function podMeta(name: string, ip: string): Record<string, string> {
  return {
    __meta_kubernetes_pod_annotation_example_org_scrape: 'true',
    __meta_kubernetes_pod_annotationpresent_example_org_scrape: 'true',
    __meta_kubernetes_pod_controller_kind: 'ReplicaSet',
    __meta_kubernetes_pod_controller_name: 'rs',
    __meta_kubernetes_pod_host_ip: '10.1.1.1',
    __meta_kubernetes_pod_ip: ip,
    __meta_kubernetes_pod_label_app_kubernetes_io_name: name,
    __meta_kubernetes_pod_labelpresent_app_kubernetes_io_name: 'true',
    __meta_kubernetes_pod_name: name,
    __meta_kubernetes_pod_node_name: 'n1',
    __meta_kubernetes_pod_phase: 'Running',
    __meta_kubernetes_pod_ready: 'true',
    __meta_kubernetes_pod_uid: `uid-${name}`,
  };
}

export function node(name: string): AnyObject {
  return {
    metadata: { name, labels: { zone: 'z1' } },
    spec: { providerID: 'cloud://1' },
    status: {
      addresses: [
        { type: 'Hostname', address: `${name}.local` },
        { type: 'InternalIP', address: '10.1.1.1' },
        { type: 'InternalIP', address: '10.1.1.2' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    },
  };
}

export function service(name: string, spec: Record<string, unknown>): AnyObject {
  return { metadata: { name, namespace: 'default', labels: { team: 'a' } }, spec };
}
