import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProcess, tempDir, type RunningProcess, type TempDir } from '@binnacle/testing';
import { ROOT } from '../servers.ts';

const START_TIMEOUT_MS = 600_000;

/** Our server, which can be killed and started again on the same folder and port. */
export class Victim implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TempDir;
  #process: RunningProcess;

  private constructor(port: number, folder: TempDir, process: RunningProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(config: string): Promise<Victim> {
    const folder = tempDir('bench-load');
    const port = await freePort();
    writeFileSync(join(folder.path, 'prometheus.yml'), config);
    try {
      return new Victim(port, folder, await launch(folder.path, port));
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.child.pid!;
  }

  /** Whether it runs; its last output when it ended by itself. */
  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#process.child;
    return exitCode === null && signalCode === null;
  }

  output(): string {
    return this.#process.output();
  }

  async kill(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  async restart(): Promise<void> {
    this.#process = await launch(this.#folder.path, this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    this.#folder.remove();
  }
}

function launch(folder: string, port: number): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: [
      '-C',
      '@binnacle/source',
      join(ROOT, 'apps/metrics-server/src/main.ts'),
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
    timeoutMs: START_TIMEOUT_MS,
  });
}
