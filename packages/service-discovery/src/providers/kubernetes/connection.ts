import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { parse as parseYaml } from 'yaml';
import { DiscoveryError } from '../../errors.ts';
import { resolvePath } from '../../http/textFile.ts';
import type { HttpClientConfig } from '../../schema/httpClientSchema.ts';
import type { KubernetesSdConfig } from '../../schema/discoverySchema.ts';
import type { ProviderContext } from '../provider.ts';
import { hostPort } from '../hostPort.ts';

/** How to reach an API server. */
export interface Connection {
  readonly base: string;
  readonly http: HttpClientConfig;
  readonly baseDir: string;
  /** The namespace that this process runs in, inside a cluster. */
  readonly ownNamespace: string | undefined;
}

/** Where Kubernetes mounts a pod's credentials. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the API server: by `api_server`, by a kubeconfig file, or from inside the cluster. Throws DiscoveryError
 * with SD_BAD_CONFIG.
 */
export async function connect(
  config: KubernetesSdConfig,
  { baseDir, environment }: Pick<ProviderContext, 'baseDir' | 'environment'>,
  serviceAccount = SERVICE_ACCOUNT,
): Promise<Connection> {
  if (config.api_server !== undefined) {
    return { base: config.api_server.replace(/\/$/, ''), http: config, baseDir, ownNamespace: undefined };
  }
  if (config.kubeconfig_file !== undefined)
    return fromKubeconfig(resolvePath(baseDir, config.kubeconfig_file));

  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) {
    throw bad(
      'expected KUBERNETES_SERVICE_HOST and _PORT in the environment, as inside a cluster; or set api_server',
    );
  }
  return {
    base: `https://${hostPort(host, port)}`,
    http: {
      tls_config: { ca_file: join(serviceAccount, 'ca.crt') },
      authorization: { credentials_file: join(serviceAccount, 'token') },
    },
    baseDir,
    ownNamespace: (await readText(join(serviceAccount, 'namespace'))).trim(),
  };
}

const text = Type.Optional(Type.String());
const kubeconfig = Type.Object({
  'current-context': Type.String(),
  contexts: Type.Array(
    Type.Object({ name: Type.String(), context: Type.Object({ cluster: text, user: text }) }),
  ),
  clusters: Type.Array(
    Type.Object({
      name: Type.String(),
      cluster: Type.Object({
        server: Type.String(),
        'certificate-authority': text,
        'certificate-authority-data': text,
        'insecure-skip-tls-verify': Type.Optional(Type.Boolean()),
        'tls-server-name': text,
        'proxy-url': text,
      }),
    }),
  ),
  users: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        user: Type.Object({
          token: text,
          tokenFile: text,
          username: text,
          password: text,
          'client-certificate': text,
          'client-certificate-data': text,
          'client-key': text,
          'client-key-data': text,
          exec: Type.Optional(Type.Unknown()),
          'auth-provider': Type.Optional(Type.Unknown()),
        }),
      }),
    ),
  ),
});

type Cluster = Static<typeof kubeconfig>['clusters'][number]['cluster'];
type User = NonNullable<Static<typeof kubeconfig>['users']>[number]['user'];

async function fromKubeconfig(path: string): Promise<Connection> {
  const parsed: unknown = parseYaml(await readText(path));
  if (!Value.Check(kubeconfig, parsed)) {
    const [first] = Value.Errors(kubeconfig, parsed);
    throw bad(
      `expected a kubeconfig in ${path}, found something else at ${first?.instancePath || 'the top'}`,
    );
  }
  const { context } = named(parsed.contexts, parsed['current-context'], path);
  const { cluster } = named(parsed.clusters, context.cluster ?? '', path);
  const user = context.user === undefined ? {} : named(parsed.users ?? [], context.user, path).user;
  if (user.exec !== undefined || user['auth-provider'] !== undefined) {
    throw bad(
      `expected a token, a certificate or a password in ${path}; exec and auth-provider are not supported`,
    );
  }
  return {
    base: cluster.server.replace(/\/$/, ''),
    http: { ...userConfig(user), ...clusterConfig(cluster, user) },
    baseDir: dirname(path),
    ownNamespace: undefined,
  };
}

function named<T extends { readonly name: string }>(entries: readonly T[], name: string, path: string): T {
  const found = entries.find((entry) => entry.name === name);
  if (found === undefined) throw bad(`expected an entry named "${name}" in ${path}, found none`);
  return found;
}

function userConfig(user: User): HttpClientConfig {
  if (user.tokenFile) return { bearer_token_file: user.tokenFile };
  if (user.token) return { bearer_token: user.token };
  if (!user.username) return {};
  return { basic_auth: { username: user.username, password: user.password ?? '' } };
}

function clusterConfig(cluster: Cluster, user: User): HttpClientConfig {
  const part = (key: 'ca' | 'cert' | 'key', data: string | undefined, file: string | undefined): object => {
    if (data) return { [key]: Buffer.from(data, 'base64').toString('utf8') };
    return file ? { [`${key}_file`]: file } : {};
  };
  const proxy = cluster['proxy-url'];
  return {
    ...(proxy ? { proxy_url: proxy } : {}),
    tls_config: {
      ...part('ca', cluster['certificate-authority-data'], cluster['certificate-authority']),
      ...part('cert', user['client-certificate-data'], user['client-certificate']),
      ...part('key', user['client-key-data'], user['client-key']),
      ...(cluster['tls-server-name'] ? { server_name: cluster['tls-server-name'] } : {}),
      insecure_skip_verify: cluster['insecure-skip-tls-verify'] ?? false,
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw bad(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}

function bad(message: string, cause?: unknown): DiscoveryError {
  return new DiscoveryError('SD_BAD_CONFIG', `kubernetes_sd_configs: ${message}`, { cause });
}
