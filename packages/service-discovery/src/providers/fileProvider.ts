import { watch, type FSWatcher } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { DiscoveryError } from '../errors.ts';
import { resolvePath } from '../http/textFile.ts';
import type { FileSdConfig } from '../schema/discoverySchema.ts';
import { fromWritten, parseWrittenGroups, type TargetGroup } from '../targetGroup.ts';
import { globPattern } from './globPattern.ts';
import { refreshIntervalMs } from './interval.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { RefreshLoop } from './refreshLoop.ts';

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 10_000;
/** Events of a folder come in bursts, and a writer needs a moment to finish. */
const SETTLE_MS = 100;

/**
 * Reads target groups from JSON and YAML files and follows their changes: by watching the folders, and by reading
 * again at every interval. A file that cannot be read or is not whole keeps the groups that it had.
 */
export function planFile(config: FileSdConfig): (context: ProviderContext) => Provider {
  const intervalMs = refreshIntervalMs(config.refresh_interval, '5m');
  for (const file of config.files) globPattern(file);
  return (context) => new FileProvider(config.files, intervalMs, context);
}

class FileProvider implements Provider {
  readonly #patterns: readonly {
    readonly folder: string;
    readonly name: RegExp;
  }[];
  readonly #context: ProviderContext;
  readonly #loop: RefreshLoop;
  readonly #watchers = new Map<string, FSWatcher>();
  #known = new Map<string, readonly TargetGroup[]>();
  #cancelSettle: (() => void) | undefined;
  #stopped = false;

  constructor(files: readonly string[], intervalMs: number, context: ProviderContext) {
    this.#context = context;
    this.#patterns = files.map((file) => ({
      folder: resolvePath(context.baseDir, dirname(file)),
      name: globPattern(basename(file)),
    }));
    this.#loop = new RefreshLoop({
      clock: context.clock,
      intervalMs,
      refresh: () => this.#refresh(),
      fail: (error) => context.sink.fail(error),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSettle?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#loop.stop();
  }

  async #refresh(): Promise<void> {
    const errors: Error[] = [];
    this.#watchFolders();
    const paths = await this.#findFiles(errors);
    const next = new Map<string, readonly TargetGroup[]>();
    for (const path of paths) {
      try {
        next.set(path, await readGroups(path));
      } catch (error) {
        errors.push(error as Error);
        next.set(path, this.#known.get(path) ?? []);
      }
    }
    if (this.#stopped) return;
    this.#known = next;
    const groups = [...next].flatMap(([path, list]) =>
      list.map((group, i) => [`${path}:${i}`, group] as const),
    );
    this.#context.sink.replace(new Map(groups));
    for (const error of errors.slice(1)) this.#context.sink.fail(error);
    if (errors[0] !== undefined) throw errors[0];
  }

  /** Files that match, each once, in order. A folder that is not there has none. */
  async #findFiles(errors: Error[]): Promise<string[]> {
    const paths = new Set<string>();
    for (const { folder, name } of this.#patterns) {
      try {
        for (const file of (await readdir(folder)).sort()) if (name.test(file)) paths.add(join(folder, file));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') errors.push(error as Error);
      }
    }
    if (paths.size > MAX_FILES) {
      errors.push(
        new DiscoveryError('SD_TOO_MANY_TARGETS', `expected at most ${MAX_FILES} files, found ${paths.size}`),
      );
    }
    return [...paths].slice(0, MAX_FILES);
  }

  #watchFolders(): void {
    for (const { folder } of this.#patterns) {
      if (this.#stopped || this.#watchers.has(folder)) continue;
      const watcher = this.#watch(folder);
      if (watcher !== undefined) this.#watchers.set(folder, watcher);
    }
  }

  /** Undefined where the folder cannot be watched: the next refresh tries again, and until then intervals serve. */
  #watch(folder: string): FSWatcher | undefined {
    const names = this.#patterns.filter((one) => one.folder === folder).map((one) => one.name);
    const forget = (): void => {
      this.#watchers.get(folder)?.close();
      this.#watchers.delete(folder);
    };
    try {
      const watcher = watch(folder, { persistent: false }, (event, file) => {
        // Kubernetes swaps a link named ..data when it changes mounted files.
        if (file === null || file.startsWith('..') || names.some((name) => name.test(file))) this.#settle();
        // The folder itself went away.
        if (event === 'rename' && file === basename(folder)) {
          forget();
          this.#settle();
        }
      });
      watcher.on('error', forget);
      return watcher;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#context.log.warn(
          { folder, err: error },
          'Cannot watch a folder of file_sd_configs; it is read at intervals',
        );
      }
      return undefined;
    }
  }

  #settle(): void {
    if (this.#stopped) return;
    this.#cancelSettle?.();
    this.#cancelSettle = this.#context.clock.setTimer(() => this.#loop.nudge(), SETTLE_MS);
  }
}

async function readGroups(path: string): Promise<TargetGroup[]> {
  const text = await readBounded(path);
  try {
    const written = parseWrittenGroups(
      path.toLowerCase().endsWith('.json') ? JSON.parse(text) : parseGroups(text),
    );
    return written.map((group) => fromWritten(group, { __meta_filepath: path }));
  } catch (error) {
    throw new DiscoveryError('SD_BAD_TARGET_GROUP', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function readBounded(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size > MAX_FILE_BYTES) {
    throw new DiscoveryError(
      'SD_FILE_TOO_LARGE',
      `${path}: expected at most ${MAX_FILE_BYTES} bytes, found ${size}`,
    );
  }
  // A file that is being written begins empty; one that lists nothing says [].
  if (size === 0)
    throw new DiscoveryError('SD_BAD_TARGET_GROUP', `${path}: expected a list of groups, found nothing`);
  return file.readFile('utf8');
}

/** YAML in which every plain value is a text, so that a label `port: 80` is "80". */
function parseGroups(text: string): unknown {
  const value: unknown = parseYaml(text, { schema: 'failsafe' });
  if (!Array.isArray(value)) return value ?? [];
  return value.map((group: unknown) =>
    typeof group === 'object' && group !== null
      ? Object.fromEntries(Object.entries(group).filter(([, part]) => part !== '' && part !== null))
      : group,
  );
}
