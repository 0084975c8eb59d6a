import { cpus, totalmem } from 'node:os';
import { gateTable, type Measured } from './gates.ts';
import { LOAD_HELP, parseLoadOptions } from './load/loadOptions.ts';
import { runLoad } from './load/loadTest.ts';
import { HELP, parseOptions, type BenchOptions } from './options.ts';
import { benchProfile } from './profileBench.ts';
import { benchScrape } from './scrape.ts';
import { hasPeer, stopServers } from './servers.ts';
import { summaryTable, type SummaryRow } from './summary.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopServers().finally(() => process.exit(1)));
}
const [command, ...rest] = process.argv.slice(2);
if (process.argv.includes('--help')) console.log(`${HELP}\n${LOAD_HELP}`);
else if (command === 'load') process.exitCode = await runLoad(parseLoadOptions(rest));
else process.exitCode = await main(parseOptions(process.argv.slice(2)));

/** Runs everything asked for, prints the tables, and gives 1 when an answer differs from Prometheus's, else 0. */
async function main(options: BenchOptions): Promise<number> {
  const peers = options.peers.filter(hasPeer);
  for (const peer of options.peers) {
    if (!peers.includes(peer))
      console.log(`${peer} is not on this machine: install Debian's package ${peer}`);
  }
  const measured: Measured[] = [];
  const summary: SummaryRow[] = [];
  let differences = 0;
  for (const profile of options.profiles) {
    const outcome = await benchProfile(profile, peers, options);
    measured.push(...outcome.gates);
    summary.push(...outcome.summary);
    differences += outcome.differences;
  }
  if (options.scrape) {
    const outcome = await benchScrape(peers, options.quick);
    measured.push(...outcome.gates);
    summary.push(...outcome.summary);
  }
  if (summary.length > 0) console.log(`\nside by side\n${summaryTable(summary, peers)}`);
  console.log(`\n${gateTable(measured)}`);
  if (options.quick) console.log('A tenth of the data: the gates are for the whole size.');
  console.log(`\n${machine()}`);
  return differences === 0 ? 0 : 1;
}

function machine(): string {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${memory}, Node ${process.version}`;
}
