import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** Writes a file and forces it to the disk. */
export function writeSynced(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'w');
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Forces what was made, renamed or removed in a folder to the disk. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
