import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of every workspace package, relative to the repository's root, sorted. */
export function workspaceFolders(root: string): string[] {
  return ['apps', 'packages', 'tools']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
}
