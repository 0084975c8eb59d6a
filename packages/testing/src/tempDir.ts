import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that is removed by `remove()` or at the end of a `using` block. */
export interface TempDir extends Disposable {
  readonly path: string;
  remove(): void;
}

/** Makes a new empty temporary folder. */
export function tempDir(label = 'test'): TempDir {
  const path = mkdtempSync(join(tmpdir(), `binnacle-${label}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}
