import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How far a receiver has everything, in a file, so that a restart goes on from there. */
export class SendCursor {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The time up to which everything was sent, or `whenNew` at the first start. Throws when the file is not readable. */
  async read(whenNew: number): Promise<number> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return whenNew;
      throw error;
    }
    const { sentUntilMs } = JSON.parse(text) as { sentUntilMs?: unknown };
    if (typeof sentUntilMs === 'number') return sentUntilMs;
    throw new Error(`${this.#file}: expected {"sentUntilMs": …}; remove the file to begin from now`);
  }

  /** Written whole or not at all. */
  async write(sentUntilMs: number): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.tmp`, JSON.stringify({ sentUntilMs }));
    await rename(`${this.#file}.tmp`, this.#file);
  }
}
