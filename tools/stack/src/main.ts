import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printBanner } from './banner.ts';
import { DemoFleet } from './demoFleet.ts';
import { startDemoPeople, type DemoPeople } from './demoPeople.ts';
import { startEngines } from './engines.ts';
import { listenToKeys } from './keys.ts';
import { startLoad, type Load } from './load.ts';
import { HELP, parseOptions, type StackOptions } from './options.ts';
import { Ports } from './ports.ts';
import { Processes } from './processes.ts';
import { claimServerPorts, eventsArgs, startServers } from './servers.ts';

/** `npm start` and `npm run dev`: every server, five demo services under load, until Ctrl-C. */
const root = fileURLToPath(new URL('../../..', import.meta.url));

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const options = readOptions();
if (options.clean) rmSync(options.dataFolder, { recursive: true, force: true });
mkdirSync(options.dataFolder, { recursive: true });

const startedAt = Date.now();
const processes = new Processes(join(options.dataFolder, 'logs'));
/** Redis and Kafka outlive the servers that use them. */
const engineProcesses = new Processes(join(options.dataFolder, 'logs'));
let load: Load | undefined;
let people: DemoPeople | undefined;
let stopping = false;
// A second signal changes nothing: whoever ends this process leaves its servers behind.
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
for (const some of [processes, engineProcesses]) {
  some.onUnexpectedExit = (name, logFile) => console.error(`${name} ended by itself; its log is ${logFile}`);
}

try {
  await run();
} catch (error) {
  console.error((error as Error).message);
  await stop(1);
}

async function run(): Promise<void> {
  if (!options.dev) buildDashboard();
  const ports = new Ports();
  if (!options.quiet && options.kafka === 'own')
    console.log('starting Kafka; the first time its jars are fetched, which takes about 20 s…');
  const engines = await startEngines(engineProcesses, ports, { ...options, root });
  const serverPorts = await claimServerPorts(ports, options.port);
  const events = eventsArgs(serverPorts, engines);
  const fleet = new DemoFleet(processes, join(root, 'tools/stack'), {
    seed: options.seed,
    eventsArgs: events,
  });
  await fleet.start(ports);
  const urls = await startServers(processes, fleet, {
    root,
    dataFolder: options.dataFolder,
    ports: serverPorts,
    eventsArgs: events,
    dev: options.dev,
    engines,
  });
  if (options.requestsPerSecond > 0)
    load = startLoad(fleet.urls('gateway'), options.requestsPerSecond, options.seed);
  people = await startDemoPeople(urls.events, fleet.urls('gateway'), options.seed);
  await fleet.deployTracks();
  if (stopping) return;
  printBanner(urls, fleet, engines, options, Date.now() - startedAt);
  if (options.open && process.stdout.isTTY && process.env['CI'] === undefined) openBrowser(urls.dashboard);
  listenToKeys({
    o: () => openBrowser(urls.dashboard),
    d: async () => `tracks ${await fleet.deployTracks()} is out`,
    e: () => {
      load?.burst(50);
      return 'sent 50 requests that fail';
    },
    k: async () => {
      const killed = await fleet.kill('search', 30_000);
      return `killed ${killed.service} on port ${killed.port}; it comes back in 30 s`;
    },
    q: () => void stop(0),
  });
}

function readOptions(): StackOptions {
  try {
    return parseOptions(process.argv.slice(2), root);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** turbo answers from its cache when nothing changed. */
function buildDashboard(): void {
  if (!options.quiet) console.log('building the dashboard…');
  try {
    execFileSync('turbo', ['run', 'build', '--filter=@binnacle/dashboard', '--output-logs=errors-only'], {
      cwd: root,
      stdio: 'pipe',
      encoding: 'utf8',
    });
  } catch (error) {
    throw new Error(
      `the dashboard could not be built:\n${(error as { stdout?: string }).stdout ?? String(error)}`,
      { cause: error },
    );
  }
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (!options.quiet) console.log('\nstopping…');
  load?.stop();
  people?.stop();
  await processes.stopAll();
  await engineProcesses.stopAll();
  process.exit(code);
}

function openBrowser(url: string): void {
  const command =
    process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  const child = spawn(command, [url], { stdio: 'ignore', detached: true });
  child.once('error', () => console.log(`no browser could be opened here; go to ${url}`));
  child.unref();
}
