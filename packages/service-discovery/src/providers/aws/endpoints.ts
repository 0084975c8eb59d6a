import { DiscoveryError } from '../../errors.ts';
import type { ProviderContext } from '../provider.ts';

type ServiceName = 'ec2' | 'sts';

/** Domains of the partitions of AWS, by the beginning of their regions' names. */
const DOMAINS: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['eusc-', 'amazonaws.eu'],
];

/**
 * Where a service of a region answers: at the endpoint that is configured, at the one of AWS's own environment variables,
 * or at its public one. Throws DiscoveryError with SD_BAD_CONFIG for an endpoint that is no URL.
 */
export function endpointOf(
  service: ServiceName,
  region: string,
  configured: string | undefined,
  environment: ProviderContext['environment'],
): string {
  const given =
    configured || environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || environment['AWS_ENDPOINT_URL'];
  if (given) return parseEndpoint(given);
  const domain = DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
  return `https://${service}.${region}.${domain}/`;
}

/** An endpoint without a scheme is one of HTTPS. */
export function parseEndpoint(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return url.href;
  throw new DiscoveryError('SD_BAD_CONFIG', `expected an http or https URL as AWS endpoint, found "${text}"`);
}
