import { describeWith, startPostgres, type PostgresServer } from '@binnacle/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';

/** Runs a suite on SQLite and on PostgreSQL. `newStorage` gives the URL of an empty store. */
export function describeOnEachStorage(
  title: string,
  suite: (newStorage: () => Promise<string>) => void,
): void {
  describe(`${title} on SQLite`, () => suite(async () => ':memory:'));

  describeWith('postgres', `${title} on PostgreSQL`, () => {
    let server: PostgresServer;
    let databases = 0;
    beforeAll(async () => void (server = await startPostgres()));
    afterAll(() => server.stop());

    suite(async () => {
      const name = `test_${++databases}`;
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return server.url.replace(/\/[^/]*$/, `/${name}`);
    });
  });
}
