import type { CommonFlagValues } from '../flags/commonFlags.ts';

/** The prefix of every route: --web.route-prefix, else the path of --web.external-url. `/a/b`, or empty. */
export function routePrefix(flags: CommonFlagValues): string {
  const externalUrl = flags['web.external-url'];
  const path = flags['web.route-prefix'] ?? (externalUrl === '' ? '' : new URL(externalUrl).pathname);
  const trimmed = path.replaceAll(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}
