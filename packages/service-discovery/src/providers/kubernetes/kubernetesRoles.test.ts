import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import type { KubernetesSdConfig } from '../../schema/discoverySchema.ts';
import { collect } from '../../testing/collect.ts';
import { kubernetesFake, type AnyObject } from '../../testing/kubernetesFake.ts';
import { node, pod, podMeta, service } from '../../testing/kubernetesObjects.ts';
import type { LabelSet } from '../../targetGroup.ts';
import { planKubernetes } from './kubernetesProvider.ts';

/** The targets that a role makes of these objects, and the sources of their groups. */
async function discover(
  config: Omit<KubernetesSdConfig, 'api_server'>,
  objects: Record<string, AnyObject[]>,
): Promise<{ targets: LabelSet[]; sources: string[] }> {
  await using kubernetes = await kubernetesFake();
  for (const [kind, list] of Object.entries(objects)) for (const object of list) kubernetes.put(kind, object);
  await using found = collect(planKubernetes({ ...config, api_server: kubernetes.url }));
  await found.provider.start();
  await waitFor(() => found.reports > 0, { what: 'the first lists' });
  expect(found.errors).toEqual([]);
  return { targets: found.targets(), sources: [...found.groups.keys()] };
}

const nodeMeta = {
  __meta_kubernetes_node_label_zone: 'z1',
  __meta_kubernetes_node_labelpresent_zone: 'true',
  __meta_kubernetes_node_name: 'n1',
};
const namespaceObject = { metadata: { name: 'default', labels: { tier: 'x' }, annotations: { a: 'b' } } };
const namespaceMeta = {
  __meta_kubernetes_namespace_annotation_a: 'b',
  __meta_kubernetes_namespace_annotationpresent_a: 'true',
  __meta_kubernetes_namespace_label_tier: 'x',
  __meta_kubernetes_namespace_labelpresent_tier: 'true',
};
const mainContainer = {
  __meta_kubernetes_pod_container_image: 'image:1',
  __meta_kubernetes_pod_container_init: 'false',
  __meta_kubernetes_pod_container_name: 'main',
};
const httpPort = {
  __meta_kubernetes_pod_container_port_name: 'http',
  __meta_kubernetes_pod_container_port_number: '8080',
  __meta_kubernetes_pod_container_port_protocol: 'TCP',
};
const serviceMeta = {
  __meta_kubernetes_service_label_team: 'a',
  __meta_kubernetes_service_labelpresent_team: 'true',
  __meta_kubernetes_service_name: 'web',
};
const inDefault = { __meta_kubernetes_namespace: 'default' };

it('node', async () => {
  const without: AnyObject = { metadata: { name: 'n2' }, status: { addresses: null } };
  const { targets, sources } = await discover({ role: 'node' }, { nodes: [node('n1'), without] });
  expect(sources).toEqual(['node/n1', 'node/n2']);
  expect(targets).toEqual([
    {
      ...nodeMeta,
      __address__: '10.1.1.1:10250',
      __meta_kubernetes_node_address_Hostname: 'n1.local',
      __meta_kubernetes_node_address_InternalIP: '10.1.1.1',
      __meta_kubernetes_node_provider_id: 'cloud://1',
      instance: 'n1',
    },
  ]);
});

it('pod', async () => {
  const multi = pod('multi', 'fd00::2');
  Object.assign(multi['spec'] as object, {
    containers: [{ name: 'bare', image: 'image:2', ports: null }],
    initContainers: [{ name: 'setup', ports: [{ containerPort: 9 }] }],
  });
  const starting = pod('starting', '');
  const { targets, sources } = await discover(
    { role: 'pod', attach_metadata: { node: true, namespace: true } },
    { pods: [pod('a', '10.0.0.1'), multi, starting], nodes: [node('n1')], namespaces: [namespaceObject] },
  );
  expect(sources).toEqual(['pod/default/a', 'pod/default/multi', 'pod/default/starting']);
  const shared = { ...inDefault, ...nodeMeta, ...namespaceMeta };
  expect(targets).toEqual([
    {
      ...shared,
      ...podMeta('a', '10.0.0.1'),
      ...mainContainer,
      ...httpPort,
      __address__: '10.0.0.1:8080',
      __meta_kubernetes_pod_container_id: 'docker://a',
    },
    {
      ...shared,
      ...podMeta('multi', 'fd00::2'),
      __address__: '[fd00::2]:9',
      __meta_kubernetes_pod_container_id: '',
      __meta_kubernetes_pod_container_image: '',
      __meta_kubernetes_pod_container_init: 'true',
      __meta_kubernetes_pod_container_name: 'setup',
      __meta_kubernetes_pod_container_port_name: '',
      __meta_kubernetes_pod_container_port_number: '9',
      __meta_kubernetes_pod_container_port_protocol: '',
    },
    {
      ...shared,
      ...podMeta('multi', 'fd00::2'),
      __address__: 'fd00::2',
      __meta_kubernetes_pod_container_id: '',
      __meta_kubernetes_pod_container_image: 'image:2',
      __meta_kubernetes_pod_container_init: 'false',
      __meta_kubernetes_pod_container_name: 'bare',
    },
  ]);
});

it('service', async () => {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  const { targets, sources } = await discover(
    { role: 'service' },
    {
      services: [
        service('a', { type: 'LoadBalancer', clusterIP: '10.2.0.1', loadBalancerIP: '1.2.3.4', ports }),
        service('b', { type: 'ExternalName', externalName: 'db.example.org', ports }),
      ],
    },
  );
  expect(sources).toEqual(['svc/default/a', 'svc/default/b']);
  const shared = {
    ...inDefault,
    __meta_kubernetes_service_label_team: 'a',
    __meta_kubernetes_service_labelpresent_team: 'true',
    __meta_kubernetes_service_port_name: 'http',
    __meta_kubernetes_service_port_number: '80',
    __meta_kubernetes_service_port_protocol: 'TCP',
  };
  expect(targets).toEqual([
    {
      ...shared,
      __address__: 'a.default.svc:80',
      __meta_kubernetes_service_cluster_ip: '10.2.0.1',
      __meta_kubernetes_service_loadbalancer_ip: '1.2.3.4',
      __meta_kubernetes_service_name: 'a',
      __meta_kubernetes_service_type: 'LoadBalancer',
    },
    {
      ...shared,
      __address__: 'b.default.svc:80',
      __meta_kubernetes_service_external_name: 'db.example.org',
      __meta_kubernetes_service_name: 'b',
      __meta_kubernetes_service_type: 'ExternalName',
    },
  ]);
});

it('endpoints', async () => {
  const extra = pod('a', '10.0.0.1');
  Object.assign(extra['spec'] as object, {
    containers: [
      {
        name: 'main',
        image: 'image:1',
        ports: [
          { name: 'http', containerPort: 8080, protocol: 'TCP' },
          { name: 'admin', containerPort: 9090, protocol: 'TCP' },
        ],
      },
    ],
  });
  const { targets, sources } = await discover(
    { role: 'endpoints', attach_metadata: { node: true } },
    {
      endpoints: [
        {
          metadata: { name: 'web', namespace: 'default', labels: { e: 'f' } },
          subsets: [
            {
              addresses: [
                {
                  ip: '10.0.0.1',
                  nodeName: 'n1',
                  targetRef: { kind: 'Pod', name: 'a', namespace: 'default' },
                },
              ],
              notReadyAddresses: [{ ip: '10.0.0.9', hostname: 'h' }],
              ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
            },
          ],
        },
      ],
      services: [service('web', { ports: [] })],
      pods: [extra],
      nodes: [node('n1')],
    },
  );
  expect(sources).toEqual(['endpoints/default/web']);
  const shared = {
    ...inDefault,
    ...serviceMeta,
    __meta_kubernetes_endpoints_label_e: 'f',
    __meta_kubernetes_endpoints_labelpresent_e: 'true',
    __meta_kubernetes_endpoints_name: 'web',
  };
  const port = {
    __meta_kubernetes_endpoint_port_name: 'http',
    __meta_kubernetes_endpoint_port_protocol: 'TCP',
  };
  expect(targets).toEqual([
    {
      ...shared,
      ...port,
      ...nodeMeta,
      ...podMeta('a', '10.0.0.1'),
      ...mainContainer,
      ...httpPort,
      __address__: '10.0.0.1:8080',
      __meta_kubernetes_endpoint_address_target_kind: 'Pod',
      __meta_kubernetes_endpoint_address_target_name: 'a',
      __meta_kubernetes_endpoint_node_name: 'n1',
      __meta_kubernetes_endpoint_ready: 'true',
    },
    {
      ...shared,
      ...podMeta('a', '10.0.0.1'),
      ...mainContainer,
      __address__: '10.0.0.1:9090',
      __meta_kubernetes_pod_container_port_name: 'admin',
      __meta_kubernetes_pod_container_port_number: '9090',
      __meta_kubernetes_pod_container_port_protocol: 'TCP',
    },
    {
      ...shared,
      ...port,
      __address__: '10.0.0.9:8080',
      __meta_kubernetes_endpoint_hostname: 'h',
      __meta_kubernetes_endpoint_ready: 'false',
    },
  ]);
});

it('endpointslice', async () => {
  const { targets, sources } = await discover(
    { role: 'endpointslice' },
    {
      endpointslices: [
        {
          metadata: { name: 'web-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
          addressType: 'IPv4',
          endpoints: [
            {
              addresses: ['10.0.0.1'],
              conditions: { ready: true, serving: true, terminating: false },
              hostname: 'h',
              nodeName: 'n1',
              zone: 'z1',
              targetRef: { kind: 'Pod', name: 'a', namespace: 'default' },
              deprecatedTopology: { 'kubernetes.io/hostname': 'n1' },
            },
            { addresses: ['10.0.0.2'], conditions: { ready: null } },
          ],
          ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'h2c' }],
        },
        {
          metadata: { name: 'empty', namespace: 'default' },
          addressType: 'IPv4',
          endpoints: null,
          ports: null,
        },
      ],
      services: [service('web', {})],
      pods: [pod('a', '10.0.0.1')],
    },
  );
  expect(sources).toEqual(['endpointslice/default/web-x', 'endpointslice/default/empty']);
  const shared = {
    ...inDefault,
    ...serviceMeta,
    __meta_kubernetes_endpointslice_address_type: 'IPv4',
    __meta_kubernetes_endpointslice_label_kubernetes_io_service_name: 'web',
    __meta_kubernetes_endpointslice_labelpresent_kubernetes_io_service_name: 'true',
    __meta_kubernetes_endpointslice_name: 'web-x',
    __meta_kubernetes_endpointslice_port: '8080',
    __meta_kubernetes_endpointslice_port_app_protocol: 'h2c',
    __meta_kubernetes_endpointslice_port_name: 'http',
    __meta_kubernetes_endpointslice_port_protocol: 'TCP',
  };
  expect(targets).toEqual([
    {
      ...shared,
      ...podMeta('a', '10.0.0.1'),
      ...mainContainer,
      ...httpPort,
      __address__: '10.0.0.1:8080',
      __meta_kubernetes_endpointslice_address_target_kind: 'Pod',
      __meta_kubernetes_endpointslice_address_target_name: 'a',
      __meta_kubernetes_endpointslice_endpoint_conditions_ready: 'true',
      __meta_kubernetes_endpointslice_endpoint_conditions_serving: 'true',
      __meta_kubernetes_endpointslice_endpoint_conditions_terminating: 'false',
      __meta_kubernetes_endpointslice_endpoint_hostname: 'h',
      __meta_kubernetes_endpointslice_endpoint_node_name: 'n1',
      __meta_kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname: 'n1',
      __meta_kubernetes_endpointslice_endpoint_topology_present_kubernetes_io_hostname: 'true',
      __meta_kubernetes_endpointslice_endpoint_zone: 'z1',
    },
    { ...shared, __address__: '10.0.0.2:8080' },
  ]);
});

it('ingress', async () => {
  const { targets, sources } = await discover(
    { role: 'ingress', attach_metadata: { namespace: true, node: true } },
    {
      ingresses: [
        {
          metadata: { name: 'i', namespace: 'default' },
          spec: {
            ingressClassName: 'nginx',
            tls: [{ hosts: ['*.example.org'] }],
            rules: [
              { host: 'a.example.org', http: { paths: [{ path: '/x' }, {}] } },
              { host: 'example.org' },
              { host: 'b.a.example.org' },
            ],
          },
        },
      ],
      namespaces: [namespaceObject],
    },
  );
  expect(sources).toEqual(['ingress/default/i']);
  const target = (scheme: string, host: string, path: string): LabelSet => ({
    ...inDefault,
    ...namespaceMeta,
    __address__: host,
    __meta_kubernetes_ingress_class_name: 'nginx',
    __meta_kubernetes_ingress_host: host,
    __meta_kubernetes_ingress_name: 'i',
    __meta_kubernetes_ingress_path: path,
    __meta_kubernetes_ingress_scheme: scheme,
  });
  expect(targets).toEqual([
    target('https', 'a.example.org', '/x'),
    target('https', 'a.example.org', '/'),
    target('http', 'b.a.example.org', '/'),
    target('http', 'example.org', '/'),
  ]);
});
