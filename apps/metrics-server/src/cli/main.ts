import { buffer } from 'node:stream/consumers';
import { runCommand } from './run.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  stdin: () => buffer(process.stdin),
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
});
