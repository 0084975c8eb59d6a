import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { DiscoveryError } from '../../errors.ts';
import type { LabelSet, TargetGroup } from '../../targetGroup.ts';
import { hostPort } from '../hostPort.ts';
import { sanitizeLabelName } from '../sanitizeLabelName.ts';

const orNull = Type.Null();
const text = Type.Optional(Type.String());
const texts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), orNull]));

const serviceEntry = Type.Object({
  Node: Type.Object({ Node: text, Address: text, Datacenter: text, Partition: text, Meta: texts }),
  Service: Type.Object({
    ID: text,
    Address: text,
    Port: Type.Optional(Type.Number()),
    Namespace: text,
    Partition: text,
    Tags: Type.Optional(Type.Union([Type.Array(Type.String()), orNull])),
    Meta: texts,
    TaggedAddresses: Type.Optional(
      Type.Union([
        Type.Record(Type.String(), Type.Object({ Address: text, Port: Type.Optional(Type.Number()) })),
        orNull,
      ]),
    ),
  }),
  Checks: Type.Optional(Type.Union([Type.Array(Type.Object({ CheckID: text, Status: text })), orNull])),
});

const healthAnswer = Type.Array(serviceEntry);
const catalogAnswer = Type.Record(Type.String(), Type.Array(Type.String()));

type ServiceEntry = Static<typeof serviceEntry>;

/** Names and tags of the services in a catalog's answer. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseCatalog(answer: unknown): Readonly<Record<string, readonly string[]>> {
  if (Value.Check(catalogAnswer, answer)) return answer;
  throw unexpected('services with their tags', Value.Errors(catalogAnswer, answer)[0]?.instancePath);
}

/** The targets of one service in a health answer. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseService(
  name: string,
  answer: unknown,
  { separator, datacenter }: { readonly separator: string; readonly datacenter: string },
): TargetGroup {
  if (!Value.Check(healthAnswer, answer)) {
    throw unexpected(`instances of the service ${name}`, Value.Errors(healthAnswer, answer)[0]?.instancePath);
  }
  return {
    targets: answer.map((entry) => toTarget(entry, separator)),
    labels: {
      __meta_consul_service: name,
      __meta_consul_dc: answer.find((entry) => entry.Node.Datacenter)?.Node.Datacenter ?? datacenter,
    },
  };
}

function toTarget(
  { Node: node, Service: service, Checks: checks }: ServiceEntry,
  separator: string,
): LabelSet {
  const port = service.Port ?? 0;
  const labels: Record<string, string> = {
    __address__: hostPort(service.Address || (node.Address ?? ''), port),
    __meta_consul_address: node.Address ?? '',
    __meta_consul_node: node.Node ?? '',
    __meta_consul_namespace: service.Namespace ?? '',
    __meta_consul_partition: service.Partition ?? node.Partition ?? '',
    // Separators at both ends let a rule look for ",tag," wherever the tag stands.
    __meta_consul_tags: separator + (service.Tags ?? []).map((tag) => tag + separator).join(''),
    __meta_consul_service_address: service.Address ?? '',
    __meta_consul_service_port: String(port),
    __meta_consul_service_id: service.ID ?? '',
    __meta_consul_health: aggregatedHealth(checks ?? []),
  };
  const add = (prefix: string, values: Readonly<Record<string, string>> | null | undefined): void => {
    for (const [key, value] of Object.entries(values ?? {})) labels[prefix + sanitizeLabelName(key)] = value;
  };
  add('__meta_consul_metadata_', node.Meta);
  add('__meta_consul_service_metadata_', service.Meta);
  for (const [key, address] of Object.entries(service.TaggedAddresses ?? {})) {
    labels[`__meta_consul_tagged_address_${sanitizeLabelName(key)}`] =
      `${address.Address ?? ''}:${address.Port ?? 0}`;
  }
  return labels;
}

/** The worst state of the checks; maintenance mode is the worst of all. */
function aggregatedHealth(checks: NonNullable<ServiceEntry['Checks']>): string {
  const inMaintenance = checks.some(
    ({ CheckID: id = '' }) => id === '_node_maintenance' || id.startsWith('_service_maintenance:'),
  );
  if (inMaintenance) return 'maintenance';
  return (
    ['critical', 'warning'].find((status) => checks.some((check) => check.Status === status)) ?? 'passing'
  );
}

function unexpected(what: string, path: string | undefined): DiscoveryError {
  return new DiscoveryError(
    'SD_BAD_RESPONSE',
    `expected ${what} from Consul, found something else at ${path || 'the top'}`,
  );
}
