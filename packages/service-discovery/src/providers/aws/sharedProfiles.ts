import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DiscoveryError } from '../../errors.ts';
import type { ProviderContext } from '../provider.ts';

/** Keys of a profile, from AWS's shared credentials and configuration files. */
export type Profile = ReadonlyMap<string, string>;

const MAX_FILE_BYTES = 1024 * 1024;

/**
 * A profile of the files that AWS's tools share: `~/.aws/credentials` and `~/.aws/config`, or where
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say. A key of the first wins. They are read each time, for tools that
 * renew them. Undefined where neither file has the profile.
 */
export async function readProfile(
  name: string,
  environment: ProviderContext['environment'],
): Promise<Profile | undefined> {
  const home = environment['HOME'] ?? environment['USERPROFILE'];
  const inHome = (file: string): string | undefined => (home ? join(home, '.aws', file) : undefined);
  const credentials = await readSections(environment['AWS_SHARED_CREDENTIALS_FILE'] || inHome('credentials'));
  const config = await readSections(environment['AWS_CONFIG_FILE'] || inHome('config'));
  const found = [config.get(name === 'default' ? name : `profile ${name}`), credentials.get(name)].filter(
    (section) => section !== undefined,
  );
  return found.length === 0 ? undefined : new Map(found.flatMap((section) => [...section]));
}

async function readSections(path: string | undefined): Promise<ReadonlyMap<string, Profile>> {
  if (path === undefined) return new Map();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new DiscoveryError('SD_BAD_CONFIG', `cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (text.length > MAX_FILE_BYTES) {
    throw new DiscoveryError('SD_FILE_TOO_LARGE', `expected at most ${MAX_FILE_BYTES} bytes in ${path}`);
  }
  return parseSections(text);
}

/** Sections of `key = value` lines; indented lines belong to a nested setting and are not read. */
function parseSections(text: string): ReadonlyMap<string, Profile> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const title = /^\[\s*(.*?)\s*\]/.exec(line)?.[1]?.replace(/\s+/g, ' ');
    if (title !== undefined) {
      section = sections.get(title) ?? new Map<string, string>();
      sections.set(title, section);
      continue;
    }
    const [, key, value] = /^([^\s=][^=]*?)\s*=\s*(.*?)(?:\s[#;].*)?\s*$/.exec(line) ?? [];
    if (key !== undefined) section.set(key.toLowerCase(), value!);
  }
  return sections;
}
