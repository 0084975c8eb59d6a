import { Type, type Static } from 'typebox';
import { httpClientProperties } from './httpClientSchema.ts';
import { durationSchema, labelSetSchema, strictObject } from './primitives.ts';
import { refusedProperties } from './refusedKinds.ts';
import { relabelConfigs } from './relabelSchema.ts';

const MAX_CONFIGS = 10_000;

const staticConfig = strictObject({
  targets: Type.Optional(Type.Array(Type.String(), { maxItems: 1_000_000 })),
  labels: Type.Optional(labelSetSchema),
});

const fileSdConfig = strictObject({
  files: Type.Array(Type.String(), { minItems: 1, maxItems: MAX_CONFIGS }),
  refresh_interval: Type.Optional({ ...durationSchema, default: '5m' }),
});

const httpSdConfig = strictObject({
  url: Type.String({ minLength: 1 }),
  refresh_interval: Type.Optional({ ...durationSchema, default: '1m' }),
  ...httpClientProperties,
});

const dnsSdConfig = strictObject({
  names: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: MAX_CONFIGS }),
  type: Type.Optional(
    Type.Union(
      [Type.Literal('SRV'), Type.Literal('A'), Type.Literal('AAAA'), Type.Literal('MX'), Type.Literal('NS')],
      { default: 'SRV' },
    ),
  ),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  refresh_interval: Type.Optional({ ...durationSchema, default: '30s' }),
});

const kubernetesRole = Type.Union([
  Type.Literal('node'),
  Type.Literal('pod'),
  Type.Literal('service'),
  Type.Literal('endpoints'),
  Type.Literal('endpointslice'),
  Type.Literal('ingress'),
]);

const kubernetesSdConfig = strictObject({
  api_server: Type.Optional(Type.String()),
  role: kubernetesRole,
  kubeconfig_file: Type.Optional(Type.String()),
  namespaces: Type.Optional(
    strictObject({
      own_namespace: Type.Optional(Type.Boolean({ default: false })),
      names: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: MAX_CONFIGS })),
    }),
  ),
  selectors: Type.Optional(
    Type.Array(
      strictObject({
        role: kubernetesRole,
        label: Type.Optional(Type.String()),
        field: Type.Optional(Type.String()),
      }),
      { maxItems: 100 },
    ),
  ),
  attach_metadata: Type.Optional(
    strictObject({
      node: Type.Optional(Type.Boolean({ default: false })),
      namespace: Type.Optional(Type.Boolean({ default: false })),
    }),
  ),
  ...httpClientProperties,
});

const consulSdConfig = strictObject({
  server: Type.Optional(Type.String({ default: 'localhost:8500' })),
  path_prefix: Type.Optional(Type.String()),
  token: Type.Optional(Type.String()),
  datacenter: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  partition: Type.Optional(Type.String()),
  scheme: Type.Optional(Type.Union([Type.Literal('http'), Type.Literal('https')], { default: 'http' })),
  username: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  allow_stale: Type.Optional(Type.Boolean({ default: true })),
  services: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: MAX_CONFIGS })),
  tags: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 1000 })),
  node_meta: Type.Optional(Type.Record(Type.String(), Type.String())),
  filter: Type.Optional(Type.String()),
  health_filter: Type.Optional(Type.String()),
  tag_separator: Type.Optional(Type.String({ default: ',' })),
  refresh_interval: Type.Optional({ ...durationSchema, default: '30s' }),
  ...httpClientProperties,
});

const filters = Type.Optional(
  Type.Array(
    strictObject({
      name: Type.String({ minLength: 1 }),
      values: Type.Optional(Type.Array(Type.String(), { maxItems: MAX_CONFIGS })),
    }),
    { maxItems: 1000 },
  ),
);
const port = Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, default: 80 }));

const dockerSdConfig = strictObject({
  host: Type.String({ minLength: 1 }),
  port,
  filters,
  host_networking_host: Type.Optional(Type.String({ default: 'localhost' })),
  match_first_network: Type.Optional(Type.Boolean({ default: true })),
  refresh_interval: Type.Optional({ ...durationSchema, default: '60s' }),
  ...httpClientProperties,
});

const ec2Properties = {
  region: Type.Optional(Type.String()),
  endpoint: Type.Optional(Type.String()),
  access_key: Type.Optional(Type.String()),
  secret_key: Type.Optional(Type.String()),
  profile: Type.Optional(Type.String()),
  role_arn: Type.Optional(Type.String()),
  external_id: Type.Optional(Type.String()),
  refresh_interval: Type.Optional({ ...durationSchema, default: '60s' }),
  port,
  filters,
  ...httpClientProperties,
};

const ec2SdConfig = strictObject(ec2Properties);
const awsSdConfig = strictObject({
  role: Type.String({ minLength: 1 }),
  clusters: Type.Optional(Type.Array(Type.String(), { maxItems: MAX_CONFIGS })),
  ...ec2Properties,
});

export const staticConfigs = Type.Array(staticConfig, { maxItems: MAX_CONFIGS });
export const fileSdConfigs = Type.Array(fileSdConfig, { maxItems: MAX_CONFIGS });
export const httpSdConfigs = Type.Array(httpSdConfig, { maxItems: MAX_CONFIGS });
export const dnsSdConfigs = Type.Array(dnsSdConfig, { maxItems: MAX_CONFIGS });
export const kubernetesSdConfigs = Type.Array(kubernetesSdConfig, { maxItems: MAX_CONFIGS });
export const consulSdConfigs = Type.Array(consulSdConfig, { maxItems: MAX_CONFIGS });
export const dockerSdConfigs = Type.Array(dockerSdConfig, { maxItems: MAX_CONFIGS });
export const ec2SdConfigs = Type.Array(ec2SdConfig, { maxItems: MAX_CONFIGS });
export const awsSdConfigs = Type.Array(awsSdConfig, { maxItems: MAX_CONFIGS });

/** Every key that says where targets come from and what becomes of them, to spread into a scrape section's schema. */
export const discoveryProperties = {
  static_configs: Type.Optional(staticConfigs),
  file_sd_configs: Type.Optional(fileSdConfigs),
  http_sd_configs: Type.Optional(httpSdConfigs),
  dns_sd_configs: Type.Optional(dnsSdConfigs),
  kubernetes_sd_configs: Type.Optional(kubernetesSdConfigs),
  consul_sd_configs: Type.Optional(consulSdConfigs),
  docker_sd_configs: Type.Optional(dockerSdConfigs),
  ec2_sd_configs: Type.Optional(ec2SdConfigs),
  aws_sd_configs: Type.Optional(awsSdConfigs),
  relabel_configs: Type.Optional(relabelConfigs),
  ...refusedProperties,
};

const discoveryConfig = strictObject(discoveryProperties);

/** The part of a scrape section that discovery reads; a whole scrape section fits, its other keys are ignored. */
export type DiscoveryConfig = Static<typeof discoveryConfig>;
export type StaticConfig = Static<typeof staticConfig>;
export type FileSdConfig = Static<typeof fileSdConfig>;
export type HttpSdConfig = Static<typeof httpSdConfig>;
export type DnsSdConfig = Static<typeof dnsSdConfig>;
export type KubernetesSdConfig = Static<typeof kubernetesSdConfig>;
export type ConsulSdConfig = Static<typeof consulSdConfig>;
export type DockerSdConfig = Static<typeof dockerSdConfig>;
export type Ec2SdConfig = Static<typeof ec2SdConfig>;
export type AwsSdConfig = Static<typeof awsSdConfig>;
