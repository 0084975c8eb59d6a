import { DiscoveryError } from '../errors.ts';
import { checkHttpClient } from '../http/checkHttpClient.ts';
import { createHttpClient } from '../http/httpClient.ts';
import { readBody } from '../http/readBody.ts';
import type { HttpSdConfig } from '../schema/discoverySchema.ts';
import { fromWritten, parseWrittenGroups } from '../targetGroup.ts';
import { refreshIntervalMs } from './interval.ts';
import { lookUpTimeoutMs, polledProvider } from './polledProvider.ts';
import type { Provider, ProviderContext } from './provider.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i;

/** Asks an HTTP endpoint for target groups, at every interval. An answer that is not right keeps the last groups. */
export function planHttp(config: HttpSdConfig): (context: ProviderContext) => Provider {
  const intervalMs = refreshIntervalMs(config.refresh_interval, '1m');
  checkHttpClient(config);
  const url = URL.parse(config.url);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new DiscoveryError(
      'SD_BAD_CONFIG',
      `expected an http or https URL in http_sd_configs, found "${config.url}"`,
    );
  }
  return ({ sink, clock, baseDir, environment }) => {
    const client = createHttpClient(config, { baseDir, environment, clock });
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'x-prometheus-refresh-interval-seconds': String(intervalMs / 1000),
    };
    const timeoutMs = lookUpTimeoutMs(intervalMs);
    const refresh = async (signal: AbortSignal): Promise<void> => {
      const response = await client.request(config.url, { headers, signal, timeoutMs });
      const { statusCode } = response;
      const type = response.headers['content-type'] ?? '';
      const body = await readBody(response, MAX_BODY_BYTES);
      if (statusCode !== 200) throw badAnswer(config.url, 'status 200', `status ${statusCode}`);
      if (!JSON_TYPE.test(type.trim()))
        throw badAnswer(config.url, 'content type application/json', `"${type}"`);
      const groups = parseWrittenGroups(JSON.parse(body.toString('utf8')));
      const extra = { __meta_url: config.url };
      sink.replace(
        new Map(groups.map((group, index) => [`${config.url}:${index}`, fromWritten(group, extra)])),
      );
    };
    return polledProvider({ clock, sink }, intervalMs, { refresh, close: () => client.close() });
  };
}

function badAnswer(url: string, expected: string, found: string): DiscoveryError {
  return new DiscoveryError('SD_BAD_RESPONSE', `expected ${expected} from ${url}, found ${found}`);
}
