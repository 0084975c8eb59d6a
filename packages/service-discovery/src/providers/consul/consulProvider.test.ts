import { FakeClock, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { collect } from '../../testing/collect.ts';
import { consulFake, type ConsulFake, type ConsulInstance } from '../../testing/consulFake.ts';
import { planConsul } from './consulProvider.ts';

function instance(address: string, tags: string[] = []): ConsulInstance {
  return {
    Node: { Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1' },
    Service: { ID: address, Address: address, Port: 80, Tags: tags },
  };
}

/** Moves time on until the condition holds: every loop waits for its interval. */
function until(clock: FakeClock, condition: () => boolean, what: string): Promise<boolean> {
  return waitFor(
    () => {
      clock.advance(30_000);
      return condition();
    },
    { what },
  );
}

it('gives every instance its labels', async () => {
  await using consul = await consulFake({
    web: [
      {
        Node: {
          Node: 'n1',
          Address: '10.0.0.1',
          Datacenter: 'dc1',
          Partition: 'p1',
          Meta: { 'rack-no': '7' },
        },
        Service: {
          ID: 'web-1',
          Address: '',
          Port: 8080,
          Namespace: 'team',
          Tags: ['a', 'b'],
          Meta: { 'app.version': '1.2' },
          TaggedAddresses: { lan_ipv4: { Address: '10.0.0.9', Port: 8081 } },
        },
        Checks: [{ CheckID: 'c', Status: 'passing' }, { Status: 'warning' }],
      },
      { Node: { Address: 'fd00::1' }, Service: { Tags: null, Meta: null } },
    ],
  });
  await using found = collect(planConsul({ server: consul.host, tag_separator: '|' }));
  await found.provider.start();
  await waitFor(() => found.reports === 1);
  expect(found.errors).toEqual([]);
  const shared = { __meta_consul_dc: 'dc1', __meta_consul_service: 'web' };
  expect(found.targets()).toEqual([
    {
      ...shared,
      __address__: '10.0.0.1:8080',
      __meta_consul_address: '10.0.0.1',
      __meta_consul_health: 'warning',
      __meta_consul_metadata_rack_no: '7',
      __meta_consul_namespace: 'team',
      __meta_consul_node: 'n1',
      __meta_consul_partition: 'p1',
      __meta_consul_service_address: '',
      __meta_consul_service_id: 'web-1',
      __meta_consul_service_metadata_app_version: '1.2',
      __meta_consul_service_port: '8080',
      __meta_consul_tagged_address_lan_ipv4: '10.0.0.9:8081',
      __meta_consul_tags: '|a|b|',
    },
    {
      ...shared,
      __address__: '[fd00::1]:0',
      __meta_consul_address: 'fd00::1',
      __meta_consul_health: 'passing',
      __meta_consul_namespace: '',
      __meta_consul_node: '',
      __meta_consul_partition: '',
      __meta_consul_service_address: '',
      __meta_consul_service_id: '',
      __meta_consul_service_port: '0',
      __meta_consul_tags: '|',
    },
  ]);
});

it('sees new and removed services and instances through queries that the agent holds', async () => {
  await using consul = await consulFake({ web: [instance('w1')], db: [instance('d1')] });
  const clock = new FakeClock();
  await using found = collect(planConsul({ server: consul.host }), { clock });
  await found.provider.start();
  await until(clock, () => found.addresses().join() === 'd1:80,w1:80', 'both services');
  await until(clock, () => consul.held() === 3, 'three held queries');
  const asked = consul.requests.length;
  clock.advance(300_000);
  expect(consul.requests).toHaveLength(asked);
  consul.update({ web: [instance('w1'), instance('w2')], cache: [instance('c1')] });
  await until(clock, () => found.addresses().join() === 'c1:80,w1:80,w2:80', 'the change');
  expect(found.errors).toEqual([]);
});

it('asks only for what the configuration names', async () => {
  await using consul = await consulFake({
    web: [instance('w1', ['a', 'b']), instance('w2', ['a'])],
    db: [instance('d1', ['a', 'b'])],
    other: [instance('o1', ['a'])],
  });
  await using tagged = collect(
    planConsul({
      server: consul.host,
      services: ['web', 'other'],
      tags: ['a', 'b'],
      datacenter: 'dc2',
      namespace: 'ns',
      partition: 'p',
      allow_stale: false,
      node_meta: { rack: '1' },
      filter: 'x == 1',
      health_filter: 'y == 2',
      token: 'secret',
      username: 'u',
      password: 'p',
    }),
  );
  await tagged.provider.start();
  await waitFor(() => tagged.addresses().join() === 'w1:80');
  const [catalog, health] = consul.requests.map((request) => new URL(request.url!, 'http://x'));
  expect(Object.fromEntries(catalog!.searchParams)).toEqual({
    'node-meta': 'rack:1',
    dc: 'dc2',
    ns: 'ns',
    partition: 'p',
    filter: 'x == 1',
    wait: '120000ms',
  });
  expect(health!.pathname).toBe('/v1/health/service/web');
  expect(health!.searchParams.getAll('tag')).toEqual(['a', 'b']);
  expect(health!.searchParams.get('filter')).toBe('y == 2');
  expect(consul.requests[0]!.headers).toMatchObject({
    'x-consul-token': 'secret',
    authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
  });

  await using named = collect(planConsul({ server: consul.host, services: ['db'] }));
  await named.provider.start();
  await waitFor(() => named.addresses().join() === 'd1:80');
  expect(consul.requests.at(-1)!.url).toContain('/v1/health/service/db?stale=');
});

it('keeps the targets while Consul fails, and finds news after it', async () => {
  await using consul = await consulFake({ web: [instance('w1')] });
  const clock = new FakeClock();
  await using found = collect(planConsul({ server: consul.host, services: ['web'] }), { clock });
  await found.provider.start();
  await until(clock, () => consul.held() === 1, 'a held query');
  consul.failWith(500);
  await waitFor(() => found.errors.length === 1);
  expect(found.errors[0]!.message).toContain('found 500: refused');
  expect(found.addresses()).toEqual(['w1:80']);
  consul.failWith(undefined);
  consul.update({ web: [instance('w2')] });
  await until(clock, () => found.addresses().join() === 'w2:80', 'the new instance');
});

it('starts over when the index goes back', async () => {
  await using consul = await consulFake({ web: [instance('w1')] });
  const clock = new FakeClock();
  await using found = collect(planConsul({ server: consul.host, services: ['web'] }), { clock });
  await found.provider.start();
  await until(clock, () => consul.held() === 1, 'a held query');
  consul.resetIndex();
  await until(clock, () => indexes(consul).includes('1'), 'a query with the new index');
  expect(indexes(consul)).toEqual([null, '10', null, '1']);
});

it('reports answers that are not Consul’s', async () => {
  const odd = { Node: {}, Service: { Port: 'http' } } as unknown as ConsulInstance;
  await using consul = await consulFake({ web: [odd] });
  await using found = collect(planConsul({ server: consul.host }));
  await found.provider.start();
  await waitFor(() => found.errors.length === 1);
  expect(found.errors[0]!.message).toMatch(/instances of the service web.*\/0\/Service\/Port/);
});

it('stops with queries under way', async () => {
  await using consul = await consulFake({ web: [instance('w1')] });
  const clock = new FakeClock();
  const found = collect(planConsul({ server: consul.host }), { clock });
  await found.provider.start();
  await until(clock, () => consul.held() === 2, 'held queries');
  await found.provider.stop();
  expect(found.errors).toEqual([]);
  expect(clock.pending).toBe(0);
});

function indexes(consul: ConsulFake): (string | null)[] {
  return consul.requests.map((request) => new URL(request.url!, 'http://x').searchParams.get('index'));
}
