import {
  createHttpClient,
  systemAddresses,
  type AddressLookup,
  type HttpClient,
} from '@binnacle/service-discovery';
import type { RemoteWriteConfig } from './remoteWriteConfig.ts';

/**
 * The HTTP client of one `remote_write` section. With `round_robin_dns` each request goes to one of the addresses of
 * the receiver's name, at random, so that receivers behind one name share the load. Throws DiscoveryError with
 * HTTP_BAD_CONFIG.
 */
export function remoteWriteClient(
  { http, roundRobinDns }: Pick<RemoteWriteConfig, 'http' | 'roundRobinDns'>,
  baseDir: string,
  addressesOf: AddressLookup = systemAddresses,
): HttpClient {
  return createHttpClient(http, {
    baseDir,
    environment: process.env,
    userAgent: 'Binnacle metrics-server',
    ...(roundRobinDns ? { addressesOf } : {}),
  });
}
