import { readFile } from 'node:fs/promises';
import { DiscoveryError } from '../../errors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import { readBody } from '../../http/readBody.ts';
import type { ProviderContext } from '../provider.ts';
import { parseCredentials } from './jsonCredentials.ts';
import type { AwsCredentials } from './signature.ts';

const MAX_BODY_BYTES = 64 * 1024;
const TIMEOUT_MS = 5000;
/** Of the agents of ECS and EKS, beside this machine: nobody else gets to see the token in plain text. */
const TRUSTED_HOSTS = /^(localhost|127\.[\d.]+|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/**
 * Credentials of a container in ECS or EKS, from where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI say.
 * Undefined outside of such containers. Throws DiscoveryError with SD_BAD_CONFIG and SD_BAD_RESPONSE.
 */
export async function containerCredentials(
  http: HttpClient,
  environment: ProviderContext['environment'],
  signal: AbortSignal,
): Promise<AwsCredentials | undefined> {
  const url = credentialsUrl(environment);
  if (url === undefined) return undefined;
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file
    ? (await readFile(file, 'utf8')).trim()
    : environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers = token ? { authorization: token } : {};
  const response = await http.request(url, { headers, signal, timeoutMs: TIMEOUT_MS });
  const body = (await readBody(response, MAX_BODY_BYTES)).toString('utf8');
  if (response.statusCode !== 200) {
    throw new DiscoveryError(
      'SD_BAD_RESPONSE',
      `expected status 200 from ${url.origin} for the container's credentials, found ${response.statusCode}`,
    );
  }
  return parseCredentials(body, url.origin);
}

function credentialsUrl(environment: ProviderContext['environment']): URL | undefined {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!relative && !full) return undefined;
  const url = URL.parse(relative ? `http://169.254.170.2${relative}` : full!);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && TRUSTED_HOSTS.test(url.hostname))) {
    return url;
  }
  throw new DiscoveryError(
    'SD_BAD_CONFIG',
    `expected https, or http to this machine, in AWS_CONTAINER_CREDENTIALS_FULL_URI, found "${full}"`,
  );
}
