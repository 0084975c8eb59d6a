import { basename, dirname } from 'node:path';
import { DiscoveryError } from '../errors.ts';

/**
 * The last element of a file_sd_configs path as a regular expression over file names. Wildcards (`*`, `?`, `[...]`)
 * may stand in the last element only, which must end in json, yml or yaml. Throws DiscoveryError with SD_BAD_CONFIG.
 */
export function globPattern(path: string): RegExp {
  const name = basename(path);
  if (!/\.(json|yml|yaml|JSON|YML|YAML)$/.test(name) || /[*?[]/.test(dirname(path))) {
    throw new DiscoveryError(
      'SD_BAD_CONFIG',
      `expected a path that ends in .json, .yml or .yaml with wildcards in its last element only, found "${path}"`,
    );
  }
  // A name that begins with a dot matches * too, as in Go.
  const source = name.replace(/\[(\^?)([^\]]*)\]|[^\w]/g, (part, negated?: string, members?: string) => {
    if (members !== undefined) return `[${negated}${members.replace(/[\\[\]^]/g, '\\$&')}]`;
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (error) {
    throw new DiscoveryError('SD_BAD_CONFIG', `expected a file pattern, found "${path}"`, { cause: error });
  }
}
