import { Type, type TNever, type TOptional } from 'typebox';

/** Kinds of discovery that Prometheus has and this package does not. */
const REFUSED_KINDS = [
  'azure',
  'digitalocean',
  'dockerswarm',
  'eureka',
  'gce',
  'hetzner',
  'ionos',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'nerve',
  'nomad',
  'oci',
  'openstack',
  'outscale',
  'ovhcloud',
  'puppetdb',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
] as const;

type RefusedKey = `${(typeof REFUSED_KINDS)[number]}_sd_configs`;

const refusal = Type.Never({
  expected:
    'no such key: this kind of discovery is not built in; write its targets to a file for file_sd_configs or serve them for http_sd_configs',
});

/** The keys of these kinds: none of them is ever right, and the message says what to do instead. */
export const refusedProperties = Object.fromEntries(
  REFUSED_KINDS.map((kind) => [`${kind}_sd_configs`, Type.Optional(refusal)]),
) as Record<RefusedKey, TOptional<TNever>>;
