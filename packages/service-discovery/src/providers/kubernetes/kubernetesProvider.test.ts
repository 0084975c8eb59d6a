import { FakeClock, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { collect, type Collected } from '../../testing/collect.ts';
import { kubernetesFake, type KubernetesFake } from '../../testing/kubernetesFake.ts';
import { node, pod, service } from '../../testing/kubernetesObjects.ts';
import type { KubernetesSdConfig } from '../../schema/discoverySchema.ts';
import { planKubernetes } from './kubernetesProvider.ts';

interface Started extends AsyncDisposable {
  readonly kubernetes: KubernetesFake;
  readonly found: Collected;
  readonly clock: FakeClock;
  /** Waits for these addresses, moving time on so that waits between attempts end. */
  sees(...addresses: string[]): Promise<unknown>;
}

async function start(
  config: Omit<KubernetesSdConfig, 'api_server'>,
  prepare: (fake: KubernetesFake) => void,
): Promise<Started> {
  const kubernetes = await kubernetesFake();
  prepare(kubernetes);
  const clock = new FakeClock();
  const found = collect(planKubernetes({ ...config, api_server: kubernetes.url }), { clock });
  await found.provider.start();
  return {
    kubernetes,
    found,
    clock,
    sees: (...addresses) =>
      waitFor(
        () => {
          clock.advance(30_000);
          return found.addresses().join() === addresses.join();
        },
        { what: `targets ${addresses.join()}` },
      ),
    [Symbol.asyncDispose]: async () => {
      await found.provider.stop();
      await kubernetes[Symbol.asyncDispose]();
    },
  };
}

function paths(kubernetes: KubernetesFake): string[] {
  return kubernetes.requests.map((request) => new URL(request.url!, 'http://x').pathname);
}

it('lists page by page, then follows changes through the watch', async () => {
  await using s = await start({ role: 'pod' }, (fake) => {
    for (let i = 1; i <= 5; i++) fake.put('pods', pod(`p${i}`, `10.0.0.${i}`));
  });
  await s.sees('10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080', '10.0.0.4:8080', '10.0.0.5:8080');
  await waitFor(() => s.kubernetes.openWatches() === 1);
  for (let i = 2; i <= 5; i++) s.kubernetes.remove('pods', `p${i}`, 'default');
  s.kubernetes.put('pods', pod('p1', '10.0.0.7'));
  s.kubernetes.put('pods', pod('new', '10.0.0.8'));
  await s.sees('10.0.0.7:8080', '10.0.0.8:8080');
  expect(s.kubernetes.requests).toHaveLength(4);
  expect(s.found.errors).toEqual([]);
});

it('goes on where a watch ended, after a bookmark from there', async () => {
  await using s = await start({ role: 'pod' }, (fake) => fake.put('pods', pod('a', '10.0.0.1')));
  await s.sees('10.0.0.1:8080');
  await waitFor(() => s.kubernetes.openWatches() === 1);
  s.kubernetes.put('services', service('unrelated', {}));
  s.kubernetes.bookmark();
  s.kubernetes.put('pods', pod('b', '10.0.0.2'));
  await s.sees('10.0.0.1:8080', '10.0.0.2:8080');
  s.kubernetes.put('services', service('unrelated', {}));
  s.kubernetes.bookmark();
  s.kubernetes.dropWatches();
  s.kubernetes.put('pods', pod('c', '10.0.0.3'));
  await s.sees('10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080');
  const versions = s.kubernetes.requests.map((request) =>
    new URL(request.url!, 'http://x').searchParams.get('resourceVersion'),
  );
  expect(versions.slice(0, 3)).toEqual([null, '101', '104']);
  expect(s.found.errors).toEqual([]);
});

it.each(['status', 'event'] as const)(
  'lists again when the server has forgotten the version (410 by %s)',
  async (how) => {
    await using s = await start({ role: 'pod' }, (fake) => {
      fake.put('pods', pod('a', '10.0.0.1'));
      fake.put('pods', pod('b', '10.0.0.2'));
    });
    await s.sees('10.0.0.1:8080', '10.0.0.2:8080');
    await waitFor(() => s.kubernetes.openWatches() === 1);
    s.kubernetes.dropWatches();
    s.kubernetes.remove('pods', 'a', 'default');
    s.kubernetes.put('pods', pod('c', '10.0.0.3'));
    s.kubernetes.forget(how);
    await s.sees('10.0.0.2:8080', '10.0.0.3:8080');
    expect(s.found.errors).toEqual([]);
    s.kubernetes.put('pods', pod('d', '10.0.0.4'));
    await s.sees('10.0.0.2:8080', '10.0.0.3:8080', '10.0.0.4:8080');
  },
);

it('keeps the targets while the server fails, waits longer each time, and recovers', async () => {
  await using s = await start({ role: 'pod' }, (fake) => fake.put('pods', pod('a', '10.0.0.1')));
  await s.sees('10.0.0.1:8080');
  await waitFor(() => s.kubernetes.openWatches() === 1);
  s.kubernetes.failWith(500);
  s.kubernetes.dropWatches();
  await waitFor(() => {
    s.clock.advance(30_000);
    return s.found.errors.length >= 3;
  });
  expect(s.found.errors[0]!.message).toContain('found 500: no');
  expect(s.found.addresses()).toEqual(['10.0.0.1:8080']);
  s.kubernetes.failWith(undefined);
  s.kubernetes.put('pods', pod('a', '10.0.0.2'));
  await s.sees('10.0.0.2:8080');
});

it('does not ask a server that ends every watch more than once a second', async () => {
  await using s = await start({ role: 'pod' }, () => undefined);
  const watchesSoFar = () =>
    s.kubernetes.requests.filter((request) => request.url!.includes('watch=1')).length;
  for (let round = 1; round <= 3; round++) {
    await waitFor(() => s.kubernetes.openWatches() === 1);
    s.kubernetes.dropWatches();
    await waitFor(() => s.clock.pending === 1);
    s.clock.advance(999);
    expect(watchesSoFar()).toBe(round);
    s.clock.advance(1);
  }
});

it('follows what its groups are made of: services, pods and nodes', async () => {
  await using s = await start({ role: 'endpoints', attach_metadata: { node: true } }, (fake) =>
    fake.put('endpoints', {
      metadata: { name: 'web', namespace: 'default' },
      subsets: [
        {
          addresses: [
            { ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', name: 'a', namespace: 'default' } },
          ],
          ports: [{ port: 8080, protocol: 'TCP' }],
        },
      ],
    }),
  );
  await s.sees('10.0.0.1:8080');
  await waitFor(() => s.kubernetes.openWatches() === 4);
  const label = (name: string): string | undefined => s.found.targets()[0]?.[`__meta_kubernetes_${name}`];
  expect([label('pod_name'), label('service_name'), label('node_name')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  s.kubernetes.put('pods', pod('a', '10.0.0.1'));
  await waitFor(() => label('pod_name') === 'a');
  s.kubernetes.put('services', service('web', {}));
  await waitFor(() => label('service_name') === 'web');
  s.kubernetes.put('nodes', node('n1'));
  await waitFor(() => label('node_label_zone') === 'z1');
  s.kubernetes.remove('pods', 'a', 'default');
  await waitFor(() => label('pod_name') === undefined);
  const { reports } = s.found;
  s.kubernetes.put('pods', pod('stranger', '10.0.0.5'));
  s.kubernetes.remove('endpoints', 'web', 'default');
  await s.sees();
  expect(s.found.reports).toBe(reports + 1);
});

it('watches the namespaces and selects what the configuration says', async () => {
  await using s = await start(
    {
      role: 'endpoints',
      namespaces: { names: ['one', 'two'] },
      selectors: [
        { role: 'endpoints', label: 'a=b' },
        { role: 'pod', field: 'spec.nodeName=n1' },
      ],
    },
    () => undefined,
  );
  await waitFor(() => s.kubernetes.openWatches() === 6);
  expect(new Set(paths(s.kubernetes))).toEqual(
    new Set(
      ['one', 'two'].flatMap((name) =>
        ['endpoints', 'services', 'pods'].map((kind) => `/api/v1/namespaces/${name}/${kind}`),
      ),
    ),
  );
  for (const request of s.kubernetes.requests) {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    expect(searchParams.get('labelSelector')).toBe(pathname.endsWith('endpoints') ? 'a=b' : null);
    expect(searchParams.get('fieldSelector')).toBe(pathname.endsWith('pods') ? 'spec.nodeName=n1' : null);
  }
});

it('leaves out an object that is not as expected, and says so', async () => {
  await using s = await start({ role: 'pod' }, (fake) => {
    fake.put('pods', { metadata: { name: 'odd', namespace: 'default' }, spec: { containers: 'none' } });
    fake.put('pods', pod('a', '10.0.0.1'));
  });
  await s.sees('10.0.0.1:8080');
  expect(s.found.errors[0]!.message).toContain('/spec/containers');
  await waitFor(() => s.kubernetes.openWatches() === 1);
  s.kubernetes.sendRaw('{"type": "ADDED"');
  await waitFor(() => s.found.errors.length === 2);
  s.kubernetes.put('pods', pod('b', '10.0.0.2'));
  await s.sees('10.0.0.1:8080', '10.0.0.2:8080');
});

it('stops with watches open', async () => {
  await using s = await start({ role: 'pod' }, () => undefined);
  await waitFor(() => s.kubernetes.openWatches() === 1);
  await s.found.provider.stop();
  await waitFor(() => s.kubernetes.openWatches() === 0);
  expect(s.clock.pending).toBe(0);
  expect(s.found.errors).toEqual([]);
});

it('refuses configurations that cannot work', () => {
  const cases: KubernetesSdConfig[] = [
    { role: 'pod', api_server: 'kubernetes' },
    { role: 'pod', api_server: 'https://k', kubeconfig_file: 'f' },
    { role: 'pod', api_server: 'https://k', namespaces: { own_namespace: true } },
    { role: 'pod', bearer_token: 'x' },
    { role: 'pod', api_server: 'https://k', selectors: [{ role: 'service' }] },
    { role: 'pod', api_server: 'https://k', selectors: [{ role: 'pod' }, { role: 'pod' }] },
    { role: 'pod', api_server: 'https://k', selectors: [{ role: 'node' }] },
  ];
  for (const config of cases) {
    expect(() => planKubernetes(config), JSON.stringify(config)).toThrow(
      expect.objectContaining({ code: 'SD_BAD_CONFIG' }),
    );
  }
  expect(() =>
    planKubernetes({
      role: 'pod',
      api_server: 'https://k',
      attach_metadata: { node: true },
      selectors: [{ role: 'node' }],
    }),
  ).not.toThrow();
});
