import type { Ports } from './ports.ts';
import type { Processes, StackProcess } from './processes.ts';

/** One running copy of a demo service. */
export interface DemoInstance {
  readonly service: string;
  readonly port: number;
  version: string;
  process: StackProcess;
}

const PLAN: readonly (readonly [service: string, instances: number, version: string])[] = [
  ['gateway', 2, '2.4.0'],
  ['tracks', 3, '1.7.3'],
  ['timeline', 2, '3.1.0'],
  ['search', 1, '0.9.2'],
  ['billing', 1, '5.0.1'],
];

/** The release that brings the bug, and the one that mends it. */
const TRACKS_RELEASES = ['1.8.0', '1.8.1'];

/** Five services in nine instances, which can be deployed and killed. */
export class DemoFleet {
  readonly instances: DemoInstance[] = [];
  readonly #processes: Processes;
  readonly #sourceFolder: string;
  readonly #commonArgs: readonly string[];
  #releases = 0;

  /** `eventsArgs` tell the services where their events go. */
  constructor(
    processes: Processes,
    sourceFolder: string,
    { seed, eventsArgs }: { seed: number; eventsArgs: readonly string[] },
  ) {
    this.#processes = processes;
    this.#sourceFolder = sourceFolder;
    this.#commonArgs = [`--seed=${seed}`, ...eventsArgs];
  }

  async start(ports: Ports): Promise<void> {
    const planned: { service: string; port: number; version: string }[] = [];
    let wished = 4101;
    for (const [service, count, version] of PLAN) {
      for (let i = 0; i < count; i++)
        planned.push({ service, version, port: (await ports.claim(wished++)).port });
    }
    const peerArgs = planned.map(({ service, port }) => `--peer=${service}=http://127.0.0.1:${port}`);
    for (const one of planned) {
      this.instances.push({ ...one, process: this.#launch(one.service, one.port, one.version, peerArgs) });
    }
    this.#peerArgs = peerArgs;
    await Promise.all(this.instances.map((instance) => instance.process.ready));
  }

  #peerArgs: string[] = [];

  /** Rolls the next release of tracks out, one instance after the other; the last one tells that it is out. */
  async deployTracks(): Promise<string> {
    const instances = this.of('tracks');
    const previousVersion = instances[0]!.version;
    const version = TRACKS_RELEASES[this.#releases++ % TRACKS_RELEASES.length]!;
    for (const instance of instances) {
      const isLast = instance === instances.at(-1);
      await this.#restart(instance, version, isLast ? [`--deployed-from=${previousVersion}`] : []);
    }
    return version;
  }

  /** Kills one instance and starts it again after `downMs`. */
  async kill(service: string, downMs: number): Promise<DemoInstance> {
    const instance = this.of(service).at(-1)!;
    await instance.process.stop();
    setTimeout(() => void this.#restart(instance, instance.version), downMs).unref();
    return instance;
  }

  of(service: string): DemoInstance[] {
    return this.instances.filter((instance) => instance.service === service);
  }

  urls(service: string): string[] {
    return this.of(service).map(({ port }) => `http://127.0.0.1:${port}`);
  }

  async #restart(instance: DemoInstance, version: string, extraArgs: readonly string[] = []): Promise<void> {
    await instance.process.stop();
    instance.version = version;
    const args = [...this.#peerArgs, ...extraArgs];
    instance.process = this.#launch(instance.service, instance.port, version, args);
    await instance.process.ready;
  }

  #launch(service: string, port: number, version: string, extraArgs: readonly string[]): StackProcess {
    const args = [
      '-C',
      '@binnacle/source',
      'src/demo/main.ts',
      `--service=${service}`,
      `--port=${port}`,
      `--version=${version}`,
      ...this.#commonArgs,
      ...extraArgs,
    ];
    return this.#processes.start({
      name: `${service}-${port}`,
      args,
      cwd: this.#sourceFolder,
      readyUrl: `http://127.0.0.1:${port}/-/exceptions`,
    });
  }
}
