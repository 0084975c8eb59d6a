import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  describeWith,
  freePort,
  startProcess,
  tempDir,
  type RunningProcess,
  type TempDir,
} from '@binnacle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

/** A small service that uses Periskop's Python client: raises on demand, exports, and pushes. */
const SERVICE = `
import sys
from http.server import HTTPServer
from periskop_client.collector import ExceptionCollector
from periskop_client.exporter import ExceptionExporter
from periskop_client.handler import exception_http_handler
from periskop_client.models import HTTPContext

collector = ExceptionCollector()
exporter = ExceptionExporter(collector)
Base = exception_http_handler(path="/-/exceptions", exporter=exporter)

def fail(depth):
    return {}["missing"] if depth == 0 else fail(depth - 1)

class Handler(Base):
    def do_GET(self):
        kind, _, rest = self.path[1:].partition("/")
        if kind not in ("fail", "chain", "http", "push"):
            return super().do_GET()
        if kind == "push":
            exporter.push_to_gateway(rest)
        for _ in range(int(rest) if kind != "push" else 0):
            try:
                try:
                    fail(3)
                except KeyError as inner:
                    if kind == "chain":
                        raise RuntimeError("wrapped \\u00e9") from inner
                    raise
            except Exception as error:
                if kind == "http":
                    collector.report_with_context(error, HTTPContext("GET", "http://example.com/?q=1", {"Accept": "*/*"}))
                else:
                    collector.report(error)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`;

describeWith('python', 'Periskop’s Python client', () => {
  describe.each(['0.1.0', '0.2.0'])('%s', (version) => {
    let folder: TempDir;
    beforeAll(async () => {
      folder = tempDir('periskop-python');
      writeFileSync(join(folder.path, 'service.py'), SERVICE);
      const args = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--root-user-action=ignore',
      ];
      await promisify(execFile)('python3', [
        ...args,
        '--target',
        folder.path,
        `periskop-client==${version}`,
        'requests',
      ]);
    }, 180_000);
    afterAll(() => folder.remove());

    async function start(): Promise<{
      run: (path: string) => Promise<void>;
      port: number;
      process: RunningProcess;
    }> {
      const port = await freePort();
      const process = await startProcess({
        command: 'python3',
        args: [join(folder.path, 'service.py'), String(port)],
        readyUrl: `http://127.0.0.1:${port}/-/exceptions`,
      });
      const run = async (path: string): Promise<void> => {
        expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
      };
      return { run, port, process };
    }

    it('is scraped, through its restart', async () => {
      const first = await start();
      await using server = await TestServer.start(
        `services: [{name: py, static_configs: [{targets: ["127.0.0.1:${first.port}"]}], scraper: {endpoint: /-/exceptions, refresh_interval: 100ms}}]`,
      );
      await first.run('fail/25');
      await first.run('chain/2');
      await first.run('http/1');
      const counted = async (): Promise<number[]> =>
        (await server.list('sort=-totalCount')).map(({ totalCount }) => totalCount);
      await expect
        .poll(async () => (await counted()).reduce((a, b) => a + b, 0), { timeout: 10_000 })
        .toBe(28);
      const [most] = await server.list('sort=-totalCount');
      expect(most).toMatchObject({ service: 'py', class: 'KeyError', severity: 'error' });
      expect(most!.key).toMatch(/^KeyError@[0-9a-f]{8}$/);
      const detail = await server.get<{ samples: { error: { stacktrace: string[] }; http: unknown }[] }>(
        `/api/v1/exceptions/${most!.id}`,
      );
      expect(detail.samples[0]!.error.stacktrace[0]).toMatch(/^Traceback/);
      await first.process.stop();

      await using second = (await start()).process;
      expect(second.output()).toBe('');
      expect((await counted()).reduce((a, b) => a + b, 0)).toBe(28);
    });

    it.skipIf(version === '0.1.0')('pushes, again and again, and is counted once', async () => {
      const service = await start();
      await using process = service.process;
      await using server = await TestServer.start('');
      await service.run('fail/3');
      for (let i = 0; i < 3; i++) await service.run(`push/${server.url}/push/nightly`);
      await service.run('fail/2');
      await service.run(`push/${server.url}/push/nightly`);
      expect(process.child.exitCode).toBeNull();
      expect((await server.list())[0]).toMatchObject({
        service: 'nightly',
        class: 'KeyError',
        totalCount: 5,
      });
    });
  });
});
