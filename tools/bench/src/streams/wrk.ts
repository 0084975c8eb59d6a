import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What one run of wrk saw. */
export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were no success, and connections that failed. */
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CONNECTIONS = 16;

/** Sends requests from one thread over 16 connections for some seconds. Throws when wrk fails. */
export async function runWrk(options: {
  readonly url: string;
  readonly script: string;
  readonly seconds: number;
  readonly folder: string;
}): Promise<WrkResult> {
  const file = join(options.folder, 'requests.lua');
  writeFileSync(file, options.script);
  const args = [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${options.seconds}s`,
    '--timeout',
    '10s',
    '-s',
    file,
    options.url,
  ];
  const { stdout } = await promisify(execFile)('wrk', args);
  return parseResult(stdout);
}

/** Reads the line that the script prints at the end. */
export function parseResult(output: string): WrkResult {
  const [, requests, micros, errors, p50, p99] = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output) ?? [];
  if (p99 === undefined) throw new Error(`wrk: expected a line of results, found:\n${output}`);
  return {
    requests: Number(requests),
    seconds: Number(micros) / 1e6,
    errors: Number(errors),
    p50Ms: Number(p50) / 1000,
    p99Ms: Number(p99) / 1000,
  };
}
