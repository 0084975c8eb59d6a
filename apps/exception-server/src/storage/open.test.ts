import { describeWith, startPostgres, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
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
});
