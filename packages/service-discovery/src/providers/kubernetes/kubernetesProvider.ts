import { DiscoveryError } from '../../errors.ts';
import { checkHttpClient } from '../../http/checkHttpClient.ts';
import { createHttpClient } from '../../http/httpClient.ts';
import { httpClientProperties } from '../../schema/httpClientSchema.ts';
import type { KubernetesSdConfig } from '../../schema/discoverySchema.ts';
import { pause } from '../pause.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { connect, type Connection } from './connection.ts';
import { GroupIndex } from './groupIndex.ts';
import { RESOURCES, type ResourceKind } from './objects.ts';
import { ResourceWatch } from './resourceWatch.ts';
import { KIND_OF_ROLE, ROLES } from './roles.ts';

const RECONNECT_MS = 10_000;

/** Follows the objects of a Kubernetes cluster through its HTTP API. */
export function planKubernetes(config: KubernetesSdConfig): (context: ProviderContext) => Provider {
  checkConfig(config);
  return (context) => {
    const controller = new AbortController();
    let running: Promise<void> | undefined;
    return {
      start: () => {
        running = run(config, context, controller.signal);
        return Promise.resolve();
      },
      stop: async () => {
        controller.abort();
        await running;
      },
    };
  };
}

async function run(config: KubernetesSdConfig, context: ProviderContext, signal: AbortSignal): Promise<void> {
  const connection = await connectUntil(config, context, signal);
  if (connection === undefined) return;
  const { clock, environment, sink } = context;
  const { base, baseDir, http } = connection;
  const client = createHttpClient(http, { baseDir, environment, clock });
  const role = ROLES[config.role];
  const { attach_metadata: wanted } = config;
  const attach = {
    node: wanted?.node === true && role.hasNodes,
    namespace: wanted?.namespace === true && RESOURCES[role.main].namespaced,
  };
  const kinds = new Set<ResourceKind>([role.main, ...role.others]);
  if (attach.node) kinds.add('nodes');
  if (attach.namespace) kinds.add('namespaces');

  const index = new GroupIndex(role, attach, sink);
  const watches: ResourceWatch[] = [];
  const allSynced = (): boolean => watches.every((watch) => watch.synced);
  for (const kind of kinds) {
    for (const namespace of RESOURCES[kind].namespaced ? namespacesOf(config, connection) : [undefined]) {
      const watch = new ResourceWatch({
        kind,
        namespace,
        selectors: selectorsOf(config, kind),
        base,
        client,
        clock,
        // Targets without the labels of their pods would be wrong: nothing is reported before everything is known.
        onSynced: () => {
          if (allSynced()) index.rebuild();
        },
        onChange: (key) => {
          if (allSynced()) index.update(kind, key);
        },
        onConnected: () => sink.succeed(),
        fail: (error) => sink.fail(error),
      });
      watches.push(watch);
      index.add(kind, watch);
    }
  }
  await Promise.all(watches.map((watch) => watch.run(signal)));
  await client.close();
}

async function connectUntil(
  config: KubernetesSdConfig,
  context: ProviderContext,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  while (!signal.aborted) {
    try {
      const connection = await connect(config, context);
      checkHttpClient(connection.http);
      return connection;
    } catch (error) {
      if (!(error instanceof DiscoveryError)) throw error;
      context.sink.fail(error);
    }
    await pause(context.clock, RECONNECT_MS, signal);
  }
  return undefined;
}

/** The namespaces to watch; undefined stands for all of them. */
function namespacesOf(
  { namespaces }: KubernetesSdConfig,
  { ownNamespace }: Connection,
): (string | undefined)[] {
  const names = new Set(namespaces?.names);
  if (namespaces?.own_namespace === true && ownNamespace !== undefined) names.add(ownNamespace);
  return names.size === 0 ? [undefined] : [...names];
}

function selectorsOf({ selectors = [] }: KubernetesSdConfig, kind: ResourceKind): Record<string, string> {
  const selector = selectors.find((one) => KIND_OF_ROLE[one.role] === kind);
  return {
    ...(selector?.label ? { labelSelector: selector.label } : {}),
    ...(selector?.field ? { fieldSelector: selector.field } : {}),
  };
}

function checkConfig(config: KubernetesSdConfig): void {
  const {
    api_server: server,
    kubeconfig_file: file,
    namespaces,
    role,
    selectors = [],
    attach_metadata,
  } = config;
  checkHttpClient(config);
  if (server !== undefined && !/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    fail(`expected an http or https URL in api_server, found "${server}"`);
  }
  if (server !== undefined && file !== undefined) fail('api_server and kubeconfig_file exclude each other');
  if (namespaces?.own_namespace === true && (server ?? file) !== undefined) {
    fail('own_namespace works inside a cluster only; name the namespaces');
  }
  const httpKeys = Object.keys(httpClientProperties).filter(
    (key) => config[key as keyof KubernetesSdConfig] !== undefined,
  );
  const defaults = ['follow_redirects', 'enable_http2'];
  if (server === undefined && httpKeys.some((key) => !defaults.includes(key))) {
    fail(`${httpKeys.join(', ')}: set api_server to use them`);
  }
  const allowed = new Set<string>([role]);
  if (role === 'endpoints' || role === 'endpointslice') allowed.add('pod').add('service');
  if (attach_metadata?.node === true && ROLES[role].hasNodes) allowed.add('node');
  const seen = new Set<string>();
  for (const selector of selectors) {
    if (!allowed.has(selector.role)) fail(`role ${role} takes no selector of role ${selector.role}`);
    if (seen.has(selector.role)) fail(`expected one selector for role ${selector.role}, found more`);
    seen.add(selector.role);
  }
}

function fail(message: string): never {
  throw new DiscoveryError('SD_BAD_CONFIG', `kubernetes_sd_configs: ${message}`);
}
