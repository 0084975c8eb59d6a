import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, freePort, startProcess, tempDir, type TempDir } from '@binnacle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const MODULE = 'github.com/periskop-dev/periskop-go';

/** A small service that uses Periskop's Go client. */
const SERVICE = `package main

import (
	"errors"
	"net/http"
	"os"
	"strconv"

	periskop "${MODULE}"
)

func main() {
	collector := periskop.NewErrorCollector()
	exporter := periskop.NewErrorExporter(&collector)
	http.Handle("/-/exceptions", periskop.NewHandler(exporter))
	http.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) {
		times, _ := strconv.Atoi(r.URL.Query().Get("times"))
		for i := 0; i < times; i++ {
			collector.ReportWithHTTPRequest(errors.New("no such order"), r)
		}
	})
	if err := http.ListenAndServe("127.0.0.1:"+os.Args[1], nil); err != nil {
		panic(err)
	}
}
`;

describeWith('periskop-go', 'Periskop’s Go client', () => {
  let folder: TempDir;
  beforeAll(async () => {
    folder = tempDir('periskop-go');
    const run = (...args: string[]) =>
      promisify(execFile)('go', args, { cwd: folder.path, env: { ...process.env, GOFLAGS: '-mod=mod' } });
    writeFileSync(join(folder.path, 'main.go'), SERVICE);
    await run('mod', 'init', 'example.com/service');
    const source = process.env['PERISKOP_GO_SOURCE'];
    if (source === undefined) {
      await run('get', `${MODULE}@latest`);
    } else {
      await run('mod', 'edit', `-require=${MODULE}@v0.0.0`, `-replace=${MODULE}=${source}`);
      await run('mod', 'tidy');
    }
    await run('build', '-o', 'service', '.');
  }, 300_000);
  afterAll(() => folder.remove());

  it('is scraped, through its restart', async () => {
    const port = await freePort();
    const start = () =>
      startProcess({
        command: join(folder.path, 'service'),
        args: [String(port)],
        readyUrl: `http://127.0.0.1:${port}/-/exceptions`,
      });
    const fail = (times: number) =>
      fetch(`http://127.0.0.1:${port}/fail?times=${times}`, { headers: { 'x-tenant': 'a' } });
    await using server = await TestServer.start(
      `services: [{name: orders, static_configs: [{targets: ["127.0.0.1:${port}"]}], scraper: {endpoint: /-/exceptions, refresh_interval: 100ms}}]`,
    );
    const total = async (): Promise<number> =>
      (await server.list()).reduce((sum, { totalCount }) => sum + totalCount, 0);
    {
      await using service = await start();
      await fail(25);
      await expect.poll(total, { timeout: 10_000 }).toBe(25);
      expect(service.output()).toBe('');
    }
    await using again = await start();
    await fail(3);
    await expect.poll(total, { timeout: 10_000 }).toBe(28);
    expect(again.output()).toBe('');
    const [listed] = await server.list();
    expect(listed).toMatchObject({
      class: '*errors.errorString',
      message: 'no such order',
      severity: 'error',
    });
    const detail = await server.get<{
      samples: { http: { method: string; headers: Record<string, string> } }[];
    }>(`/api/v1/exceptions/${listed!.id}`);
    expect(detail.samples[0]!.http).toMatchObject({ method: 'GET', headers: { 'X-Tenant': 'a' } });
  });
});
