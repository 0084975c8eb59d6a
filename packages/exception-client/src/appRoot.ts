import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder that the application's file names are relative to: the nearest one with a package.json at or above
 * the main script; where there is none, the main script's own. A script of a dependency (a test runner, say) runs
 * the application of the working directory.
 */
export function appRoot(mainScript: string | undefined = process.argv[1], cwd = process.cwd()): string {
  const script = realPath(mainScript);
  if (script === undefined || script.startsWith(join(cwd, 'node_modules'))) return nearestPackage(cwd) ?? cwd;
  return nearestPackage(dirname(script)) ?? dirname(script);
}

function realPath(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : realpathSync(path);
  } catch {
    return undefined;
  }
}

function nearestPackage(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
