import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, TsdbError } from '../errors.ts';

const held = new Set<string>();

/** Keeps a second process (and a second store in this one) away from a data folder. */
export class FolderLock {
  readonly #path: string;

  /** Throws TSDB_LOCKED, naming the process that holds the folder, or TSDB_OPEN when it cannot be written. */
  constructor(folder: string) {
    this.#path = join(resolve(folder), 'lock');
    if (held.has(this.#path))
      throw new TsdbError('TSDB_LOCKED', `expected ${folder} to be free, found it open in this process`);
    const content = `${process.pid} ${startOf(process.pid)}\n`;
    for (let attempt = 0; ; attempt++) {
      try {
        writeFileSync(this.#path, content, { flag: 'wx' });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) {
          throw new TsdbError(
            'TSDB_OPEN',
            `expected to write ${this.#path}, found: ${messageOf(error)}`,
            error,
          );
        }
        this.#removeStale(folder);
      }
    }
    held.add(this.#path);
  }

  release(): void {
    held.delete(this.#path);
    rmSync(this.#path, { force: true });
  }

  /** A lock whose process is gone, or whose number another process has since, is moved away. */
  #removeStale(folder: string): void {
    const found = readFileSync(this.#path, 'utf8').trim();
    const [pid, start] = found.split(' ');
    if (Number(pid) !== process.pid && isAlive(Number(pid)) && startOf(Number(pid)) === start) {
      throw new TsdbError(
        'TSDB_LOCKED',
        `expected ${folder} to be free, found it open in process ${pid}; stop that process or use another folder`,
      );
    }
    const aside = `${this.#path}.stale.${process.pid}`;
    renameSync(this.#path, aside);
    rmSync(aside);
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

/** When a process started, in the kernel's ticks; tells a process from a later one with its number (Linux). */
function startOf(pid: number): string {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return '-';
  const text = readFileSync(path, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}
