import { describeWith, startPostgres, tempDir, waitFor } from '@binnacle/testing';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { DEFAULT_INGEST_LIMITS, Ingestor } from '../aggregate/ingestor.ts';
import { Registry } from '../aggregate/registry.ts';
import type { Delivery } from '../aggregate/serviceState.ts';
import { openStore } from './open.ts';

describe('opening a store', () => {
  it('creates the folder and the tables once, and keeps its uuid', async () => {
    using folder = tempDir('store');
    const path = `${folder.path}/deep/er/exceptions.sqlite`;
    const first = await openStore(path);
    const uuid = first.serverUuid;
    await first.close();
    const again = await openStore(`sqlite:${path}`);
    expect(again.serverUuid).toBe(uuid);
    await again.close();
  });

  it('refuses a second server over the same file', async () => {
    using folder = tempDir('store');
    const path = `${folder.path}/exceptions.sqlite`;
    const first = await openStore(path);
    await expect(openStore(`file://${path}`)).rejects.toMatchObject({ code: 'EXCEPTIONS_STORAGE_IN_USE' });
    await first.close();
  });

  it('refuses a database of a newer release and a scheme it does not know', async () => {
    using folder = tempDir('store');
    const path = `${folder.path}/exceptions.sqlite`;
    const store = await openStore(path);
    await store.db.updateTable('meta').set({ value: '99' }).where('name', '=', 'schema').execute();
    await store.close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'EXCEPTIONS_STORAGE_TOO_NEW' });
    await expect(openStore('mysql://x/y')).rejects.toThrow(/scheme mysql:/);
  });
});

describeWith('postgres', 'opening PostgreSQL', () => {
  it('refuses a second server over the same database, and says when it cannot reach one', async () => {
    await using server = await startPostgres();
    const first = await openStore(server.url);
    await expect(openStore(server.url)).rejects.toMatchObject({ code: 'EXCEPTIONS_STORAGE_IN_USE' });
    await first.close();
    const second = await openStore(server.url);
    expect(second.serverUuid).toBe(first.serverUuid);
    await second.close();
    await expect(openStore('postgres://nobody@127.0.0.1:1/x')).rejects.toMatchObject({
      code: 'EXCEPTIONS_UNREACHABLE',
    });
  });

  it('takes its database again after the connection broke, and reads what another server wrote meanwhile', async () => {
    await using server = await startPostgres();
    const store = await openStore(server.url);
    const registry = await Registry.load(store);
    const ingestor = new Ingestor(registry, DEFAULT_INGEST_LIMITS, () => undefined);
    await ingestor.ingest(delivery(3));
    await breakConnections(server.url);
    const other = await waitFor(() => openStore(server.url).catch(() => undefined));
    const otherIngestor = new Ingestor(await Registry.load(other), DEFAULT_INGEST_LIMITS, () => undefined);
    await otherIngestor.ingest(delivery(5));
    await expect(ingestor.ingest(delivery(6))).rejects.toMatchObject({ code: 'EXCEPTIONS_STORAGE_IN_USE' });
    await other.close();
    const { added } = await ingestor.ingest(delivery(6));
    expect([added, registry.services.get('shop')!.byKey.get('k')!.total]).toEqual([1, 6]);
    await store.close();
  });
});

function delivery(count: number): Delivery {
  const aggregate = { key: 'k', totalCount: count, severity: 'error', createdUs: 5, occurrences: [] };
  return {
    service: 'shop',
    identity: 't',
    targetUuid: 't',
    url: 'http://t/',
    instance: 't',
    version: '',
    labels: {},
    aggregates: [aggregate],
    overflowCount: 0,
    startedMs: count * 1000,
    receivedMs: count * 1000,
    via: 'scrape',
  };
}

async function breakConnections(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1',
    ['client backend'],
  );
  await client.end();
}
