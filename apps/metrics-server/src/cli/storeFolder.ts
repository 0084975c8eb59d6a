import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listBlocks, Tsdb } from '@binnacle/tsdb';
import { argument, CommandUsageError, type CommandContext } from './command.ts';

const MAX_SERIES = 4_000_000;

/** An argument that is a folder that is there. Throws CommandUsageError. */
export function existingFolder(context: CommandContext, index: number, what: string): string {
  const folder = targetFolder(context, index, what);
  if (!existsSync(folder))
    throw new CommandUsageError(`expected ${what}, found no ${folder}; check the path`);
  return folder;
}

/** An argument that is a folder, or can become one. Throws CommandUsageError. */
export function targetFolder(context: CommandContext, index: number, what: string): string {
  const folder = argument(context, index, what);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new CommandUsageError(`expected ${what}, found the file ${folder}`);
  return folder;
}

/** Opens the store that the first argument names, which no server may have open, and closes it after the work. */
export async function withStore(
  context: CommandContext,
  work: (store: Tsdb) => Promise<void>,
): Promise<number> {
  const folder = existingFolder(context, 0, "a store's folder");
  checkIsStore(folder);
  const store = await openStore(context, folder);
  try {
    await work(store);
  } finally {
    await store.close();
  }
  return 0;
}

async function openStore(context: CommandContext, folder: string): Promise<Tsdb> {
  const { store, replay } = Tsdb.openLater({
    folder,
    maxSeries: MAX_SERIES,
    retentionMs: 0,
    maintenanceIntervalMs: 0,
  });
  const progress = context.progress('reading the log', 100, '%');
  try {
    await replay(
      ({ first, last, current }) => progress.update((100 * (current - first)) / (last - first + 1)),
      context.signal,
    );
  } catch (error) {
    // A store that could not be read has freed its folder; one whose reading was cancelled has not.
    if (context.signal.aborted) await store.close();
    throw error;
  } finally {
    progress.end();
  }
  return store;
}

/** An opened folder gets a log and a lock: nobody wants them in a folder that is something else. */
function checkIsStore(folder: string): void {
  const names = readdirSync(folder);
  const [block] = listBlocks(folder);
  if (block?.format === 'prometheus' || names.includes('chunks_head')) {
    throw new CommandUsageError(
      `expected a store of this server, found one of Prometheus in ${folder}; take it in with tsdb import`,
    );
  }
  if (block === undefined && !names.includes('wal')) {
    throw new CommandUsageError(
      `expected a store's folder, found neither blocks nor a log (wal) in ${folder}`,
    );
  }
}

/** The length of every file in a folder. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}
