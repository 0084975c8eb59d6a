import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A path in the reference folder that may lie beside the repository (`../shared`), or undefined where the
 * folder is absent: a test that reads from it must then say so and pass.
 */
export function sharedReference(relativePath: string): string | undefined {
  const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
  const path = join(repository, '..', 'shared', relativePath);
  return existsSync(path) ? path : undefined;
}
