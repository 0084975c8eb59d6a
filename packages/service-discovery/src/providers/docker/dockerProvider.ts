import { checkHttpClient } from '../../http/checkHttpClient.ts';
import type { DockerSdConfig } from '../../schema/discoverySchema.ts';
import { refreshIntervalMs } from '../interval.ts';
import { lookUpTimeoutMs, polledProvider } from '../polledProvider.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { DockerClient, parseDockerHost } from './dockerClient.ts';
import { containerTargets, parseContainers, parseNetworks } from './dockerTargets.ts';

/** Lists the containers and networks of a Docker daemon, at every interval. */
export function planDocker(config: DockerSdConfig): (context: ProviderContext) => Provider {
  const intervalMs = refreshIntervalMs(config.refresh_interval, '60s');
  checkHttpClient(config);
  parseDockerHost(config.host);
  const containersPath = `/containers/json${filterQuery(config.filters)}`;
  return (context) => {
    const client = new DockerClient(config, lookUpTimeoutMs(intervalMs), context);
    const refresh = async (signal: AbortSignal): Promise<void> => {
      const containers = parseContainers(await client.get(containersPath, signal));
      const networks = parseNetworks(await client.get('/networks', signal));
      const targets = containerTargets(containers, networks, config);
      context.sink.replace(new Map([['Docker', { targets, labels: {} }]]));
    };
    return polledProvider(context, intervalMs, { refresh, close: () => client.close() });
  };
}

/** Values of filters of one name are alternatives, whether one filter has them or several. */
function filterQuery(filters: DockerSdConfig['filters'] = []): string {
  const byName: Record<string, string[]> = {};
  for (const { name, values = [] } of filters) (byName[name] ??= []).push(...values);
  const given = Object.entries(byName).filter(([, values]) => values.length > 0);
  if (given.length === 0) return '';
  return `?${new URLSearchParams({ filters: JSON.stringify(Object.fromEntries(given)) }).toString()}`;
}
