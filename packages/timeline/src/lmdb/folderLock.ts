import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TimelineError } from '../errors.ts';

const held = new Set<string>();

/** Keeps a folder for this process, by a file with its number. Returns the release. Throws STORE_LOCKED. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const owner = ownerOf(path);
  if (held.has(path) || (owner !== undefined && owner !== process.pid && isAlive(owner))) {
    throw new TimelineError(
      'STORE_LOCKED',
      `${folder} is open in process ${owner}; stop it or choose another folder`,
    );
  }
  writeFileSync(path, String(process.pid));
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

function ownerOf(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
