#!/usr/bin/env node
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { runCommand } from './run.ts';

const cancel = new AbortController();
process.once('SIGINT', () => {
  cancel.abort();
  // Whoever presses it twice does not want to wait for the tidying up.
  process.once('SIGINT', () => process.exit(130));
});
// `| head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCommand(process.argv.slice(2), {
  stdin: () => {
    if (process.stdin.isTTY) process.stderr.write('reading the standard input; Ctrl-D ends it\n');
    return buffer(process.stdin);
  },
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  progress: {
    isTerminal: process.stderr.isTTY ?? false,
    // A terminal that does not know its width says 0.
    columns: process.stderr.columns || 80,
    write: (text) => process.stderr.write(text),
    now: () => performance.now(),
  },
  signal: cancel.signal,
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
});
