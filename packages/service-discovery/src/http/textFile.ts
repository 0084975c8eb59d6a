import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DiscoveryError } from '../errors.ts';

/** Reads a small file of the configuration (a secret, a certificate), relative to `baseDir`. */
export async function readTextFile(baseDir: string, path: string): Promise<string> {
  try {
    return await readFile(resolvePath(baseDir, path), 'utf8');
  } catch (error) {
    throw new DiscoveryError('HTTP_BAD_CONFIG', `cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A path of the configuration: below `baseDir` unless it is absolute. */
export function resolvePath(baseDir: string, path: string): string {
  return isAbsolute(path) ? path : join(baseDir, path);
}
