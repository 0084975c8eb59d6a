import { Type, type Static, type TSchema } from 'typebox';

// The parts of Kubernetes's objects that discovery reads. What is not listed is not kept.

/** A list, which the API also writes as null when it is empty. */
const list = <S extends TSchema>(item: S) => Type.Optional(Type.Union([Type.Array(item), Type.Null()]));
const text = Type.Optional(Type.String());
const number = Type.Optional(Type.Integer());
const flag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]));
const texts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]));

const metadata = Type.Object({
  name: Type.String(),
  namespace: text,
  uid: text,
  resourceVersion: text,
  labels: texts,
  annotations: texts,
  ownerReferences: list(Type.Object({ kind: text, name: text, controller: Type.Optional(Type.Boolean()) })),
});

const reference = Type.Optional(Type.Object({ kind: text, name: text, namespace: text }));

const namespaceObject = Type.Object({ metadata });

const nodeObject = Type.Object({
  metadata,
  spec: Type.Optional(Type.Object({ providerID: text })),
  status: Type.Optional(
    Type.Object({
      addresses: list(Type.Object({ type: Type.String(), address: Type.String() })),
      daemonEndpoints: Type.Optional(
        Type.Object({ kubeletEndpoint: Type.Optional(Type.Object({ Port: number })) }),
      ),
    }),
  ),
});

const containers = list(
  Type.Object({
    name: Type.String(),
    image: text,
    ports: list(Type.Object({ name: text, containerPort: Type.Integer(), protocol: text })),
  }),
);
const containerStatuses = list(Type.Object({ name: Type.String(), containerID: text }));

const podObject = Type.Object({
  metadata,
  spec: Type.Optional(Type.Object({ nodeName: text, containers, initContainers: containers })),
  status: Type.Optional(
    Type.Object({
      podIP: text,
      hostIP: text,
      phase: text,
      conditions: list(Type.Object({ type: Type.String(), status: Type.String() })),
      containerStatuses,
      initContainerStatuses: containerStatuses,
    }),
  ),
});

const serviceObject = Type.Object({
  metadata,
  spec: Type.Optional(
    Type.Object({
      type: text,
      clusterIP: text,
      externalName: text,
      loadBalancerIP: text,
      ports: list(Type.Object({ name: text, port: Type.Integer(), protocol: text })),
    }),
  ),
});

const endpointAddresses = list(
  Type.Object({ ip: Type.String(), hostname: text, nodeName: text, targetRef: reference }),
);

const endpointsObject = Type.Object({
  metadata,
  subsets: list(
    Type.Object({
      addresses: endpointAddresses,
      notReadyAddresses: endpointAddresses,
      ports: list(Type.Object({ name: text, port: Type.Integer(), protocol: text })),
    }),
  ),
});

const endpointSliceObject = Type.Object({
  metadata,
  addressType: text,
  endpoints: list(
    Type.Object({
      addresses: list(Type.String()),
      conditions: Type.Optional(Type.Object({ ready: flag, serving: flag, terminating: flag })),
      hostname: text,
      nodeName: text,
      zone: text,
      targetRef: reference,
      deprecatedTopology: texts,
    }),
  ),
  ports: list(Type.Object({ name: text, port: number, protocol: text, appProtocol: text })),
});

const ingressObject = Type.Object({
  metadata,
  spec: Type.Optional(
    Type.Object({
      ingressClassName: text,
      tls: list(Type.Object({ hosts: list(Type.String()) })),
      rules: list(
        Type.Object({
          host: text,
          http: Type.Optional(Type.Object({ paths: list(Type.Object({ path: text })) })),
        }),
      ),
    }),
  ),
});

/** What the API serves: where it is, and what discovery reads of it. */
export const RESOURCES = {
  namespaces: { api: '/api/v1', namespaced: false, schema: namespaceObject },
  nodes: { api: '/api/v1', namespaced: false, schema: nodeObject },
  pods: { api: '/api/v1', namespaced: true, schema: podObject },
  services: { api: '/api/v1', namespaced: true, schema: serviceObject },
  endpoints: { api: '/api/v1', namespaced: true, schema: endpointsObject },
  endpointslices: { api: '/apis/discovery.k8s.io/v1', namespaced: true, schema: endpointSliceObject },
  ingresses: { api: '/apis/networking.k8s.io/v1', namespaced: true, schema: ingressObject },
} as const;

export type ResourceKind = keyof typeof RESOURCES;
export type KubernetesObject<K extends ResourceKind = ResourceKind> = Static<(typeof RESOURCES)[K]['schema']>;
export type ObjectMeta = Static<typeof metadata>;
export type Container = NonNullable<Static<typeof containers>>[number];
export type ObjectReference = Static<typeof reference> | undefined;

/** `namespace/name`, or the name alone for what has no namespace. */
export function objectKey({
  namespace,
  name,
}: {
  readonly namespace?: string;
  readonly name: string;
}): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
