// A virtual workspace with those files of this repository that generators read, and a folder on disk made of it.
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import type { Tree } from '@nx/devkit';
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

const require = createRequire(import.meta.url);
const FILES = [
  '.oxlintrc.json',
  'tsconfig.base.json',
  '{apps,packages}/*/package.json',
  'packages/event-schemas/**/*',
];

/** The manifests of all packages, the event schemas and the configuration of the tools. */
export function virtualWorkspace(): Tree {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  const files = globSync(FILES, { cwd: root, withFileTypes: true, exclude: ['**/node_modules', '**/dist'] });
  for (const file of files) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    tree.write(path.slice(root.length), readFileSync(path));
  }
  tree.write('.prettierrc', readFileSync(join(root, '.prettierrc.json')));
  return tree;
}

/** Runs a generator as Nx does. */
export async function generate(tree: Tree, generator: string, options: object): Promise<void> {
  const run = require(`./${generator}/generator.cjs`) as (tree: Tree, options: object) => Promise<unknown>;
  await run(tree, options);
}

/** Writes the tree to an empty folder where the repository's installed packages and tools work. */
export function writeTo(folder: string, tree: Tree): void {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { path, content } of tree.listChanges()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (content !== null) writeFileSync(join(folder, path), content);
  }
}
