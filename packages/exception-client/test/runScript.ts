import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What a program did. */
export interface ScriptResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** URL of this package's entry, for the import statements of scripts. */
export const ENTRY = pathToFileURL(
  join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'index.ts'),
).href;

/** Writes `files` under `folder` and runs the first of them with this Node. */
export async function runScript(
  folder: string,
  files: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<ScriptResult> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const main = Object.keys(files)[0]!;
  const child = spawn(process.execPath, ['-C', '@binnacle/source', ...nodeArgs, main], {
    cwd: folder,
    timeout: 20_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
