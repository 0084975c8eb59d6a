import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRET_BYTES = 32;

/** What signs cursors: made once and kept in the folder, so that cursors outlive a restart. */
export function cursorSecret(folder: string): Buffer {
  const file = join(folder, 'cursor.key');
  if (existsSync(file)) return readFileSync(file);
  mkdirSync(folder, { recursive: true });
  const secret = randomBytes(SECRET_BYTES);
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}
