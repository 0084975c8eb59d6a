import { RE2JS } from 're2js';
import { RegexError } from './anchoredRegex.ts';

const GROUP = /\$(?:\$|(\w+)|\{(\w+)\})/g;

/**
 * Replaces every match of a regular expression from left to right, as Go's `Regexp.ReplaceAllString` does: `$1`, `${1}`
 * and `${name}` are groups of the match, those that are not there are ''. Throws RegexError.
 */
export function replaceAllMatches(pattern: string, value: string, replacement: string): string {
  const regex = compile(pattern);
  const names = regex.namedGroups();
  const matcher = regex.matcher(value);
  let result = '';
  let at = 0;
  let lastEnd = -1;
  while (matcher.find()) {
    const [from, to] = [matcher.start(), matcher.end()];
    // An empty match right behind another one does not count.
    if (from === to && from === lastEnd) continue;
    lastEnd = to;
    const text = replacement.replace(GROUP, (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const name = (bare ?? braced)!;
      if (/^\d+$/.test(name))
        return Number(name) > matcher.groupCount() ? '' : (matcher.group(Number(name)) ?? '');
      return name in names ? (matcher.group(name) ?? '') : '';
    });
    result += value.slice(at, from) + text;
    at = to;
  }
  return result + value.slice(at);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new RegexError(
      `expected a regular expression in RE2's syntax, found ${JSON.stringify(pattern)}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
