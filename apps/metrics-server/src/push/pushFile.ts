import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatGoFloat, Labels, parseGoFloat } from '@binnacle/model';
import type { PushGroup, PushGroups } from './pushGroups.ts';

type Pairs = [string, string][];

/** How a group stands in the file. Values are texts: JSON has no NaN. */
interface StoredGroup {
  readonly labels: Pairs;
  readonly pushedAtMs: number;
  readonly failedAtMs: number;
  readonly families: { name: string; type: string; help: string; samples: [Pairs, string][] }[];
}

/** Keeps the groups in a file, so that a restart does not lose what jobs have pushed. */
export class PushFile {
  readonly #file: string;
  readonly #groups: PushGroups;
  #writing: Promise<void> = Promise.resolve();
  #isPending = false;

  constructor(file: string, groups: PushGroups) {
    this.#file = file;
    this.#groups = groups;
  }

  /** Reads what is there. Throws when the file cannot be read. */
  async load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (const stored of JSON.parse(text) as StoredGroup[]) this.#groups.restore(fromStored(stored));
  }

  /** Resolves when the groups as they are now are in the file. Many calls at once share one write. */
  save(): Promise<void> {
    if (!this.#isPending) {
      this.#isPending = true;
      this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    }
    return this.#writing;
  }

  async #write(): Promise<void> {
    this.#isPending = false;
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.tmp`, JSON.stringify(this.#groups.list().map(toStored)));
    await rename(`${this.#file}.tmp`, this.#file);
  }
}

function toStored({ labels, families, pushedAtMs, failedAtMs }: PushGroup): StoredGroup {
  return {
    labels: [...labels],
    pushedAtMs,
    failedAtMs,
    families: [...families].map(([name, { type, help, samples }]) => ({
      name,
      type,
      help,
      samples: samples.map((sample) => [[...sample.labels], formatGoFloat(sample.value, 'g')]),
    })),
  };
}

function fromStored({ labels, families, pushedAtMs, failedAtMs }: StoredGroup): PushGroup {
  return {
    labels: Labels.from(labels),
    pushedAtMs,
    failedAtMs,
    families: new Map(
      families.map(({ name, type, help, samples }) => [
        name,
        {
          type,
          help,
          samples: samples.map(([pairs, value]) => ({
            labels: Labels.from(pairs),
            value: parseGoFloat(value) ?? NaN,
          })),
        },
      ]),
    ),
  };
}
