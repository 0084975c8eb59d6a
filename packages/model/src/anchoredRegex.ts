import { RE2JS } from 're2js';

/** A pattern that RE2 does not accept. */
export class RegexError extends Error {
  readonly code = 'MODEL_BAD_REGEX';
}

/**
 * A regular expression with RE2's syntax and meaning, as Prometheus matches labels: anchored at both ends, with a
 * dot that matches newlines (https://github.com/google/re2/wiki/Syntax). Matching takes time linear in the input,
 * so no pattern can hang the process. Common shapes (a literal, an alternation of literals, a prefix, a suffix, a
 * substring) never reach the automaton. Throws RegexError.
 */
export class AnchoredRegex {
  readonly source: string;
  /** Every value that can match, when the pattern is a literal or an alternation of literals. */
  readonly alternatives: readonly string[] | undefined;
  /** A text that every match starts with; '' when there is none. */
  readonly prefix: string;
  readonly #test: (value: string) => boolean;
  #compiled: RE2JS | undefined;

  constructor(source: string) {
    this.source = source;
    const literals = splitLiterals(source);
    if (literals !== undefined) {
      const set = new Set(literals);
      this.alternatives = [...set];
      this.prefix = literals.length === 1 ? literals[0]! : '';
      this.#test = literals.length === 1 ? (value) => value === literals[0] : (value) => set.has(value);
      return;
    }
    this.alternatives = undefined;
    this.prefix = /^[^\\.+*?()|[\]{}^$]*/.exec(source)![0];
    if (this.prefix !== '') this.prefix = safePrefix(source, this.prefix);
    const shape = /^(\.[*+])?([^\\.+*?()|[\]{}^$]*)(\.[*+])?$/.exec(source);
    this.#test = shape === null ? this.#automaton() : byShape(shape[1], shape[2]!, shape[3]);
  }

  /** True when the whole of `value` matches. */
  test(value: string): boolean {
    return this.#test(value);
  }

  /** The groups of a match of the whole value ([0] is the match, absent groups are ''), or undefined. */
  groups(
    value: string,
  ): { readonly numbered: readonly string[]; readonly named: Readonly<Record<string, string>> } | undefined {
    const regex = this.#compile();
    const matcher = regex.matcher(value);
    if (!matcher.matches()) return undefined;
    const numbered: string[] = [];
    for (let i = 0; i <= matcher.groupCount(); i++) numbered.push(matcher.group(i) ?? '');
    const named: Record<string, string> = {};
    for (const name of Object.keys(regex.namedGroups())) named[name] = matcher.group(name) ?? '';
    return { numbered, named };
  }

  /**
   * Expands `$1`, `${1}` and `${name}` in a replacement for a match of the whole value, as Go's `Regexp.Expand`
   * does; undefined when the value does not match. Unknown groups become ''.
   */
  replace(value: string, template: string): string | undefined {
    const groups = this.groups(value);
    if (groups === undefined) return undefined;
    return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const name = (bare ?? braced)!;
      return (/^\d+$/.test(name) ? groups.numbered[Number(name)] : groups.named[name]) ?? '';
    });
  }

  toString(): string {
    return this.source;
  }

  #compile(): RE2JS {
    if (this.#compiled === undefined) {
      try {
        this.#compiled = RE2JS.compile(this.source, RE2JS.DOTALL);
      } catch (error) {
        throw new RegexError(
          `expected a regular expression in RE2's syntax, found ${JSON.stringify(this.source)}: ${(error as Error).message}`,
          { cause: error },
        );
      }
    }
    return this.#compiled;
  }

  #automaton(): (value: string) => boolean {
    const regex = this.#compile();
    return (value) => regex.matches(value);
  }
}

const PLAIN = /^[^\\.+*?()|[\]{}^$]*$/;

/** `a|b|c` and `(a|b)` as a list of literals; undefined when any part is more than a literal. */
function splitLiterals(source: string): string[] | undefined {
  const inner = /^\((?:\?:)?([^()]*)\)$/.exec(source)?.[1] ?? source;
  const parts = inner.split('|').map(unescape);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function unescape(part: string): string | undefined {
  const text = part.replace(/\\([.+*?()|[\]{}^$\\/-])/g, '\u0000');
  if (!PLAIN.test(text)) return undefined;
  return part.replace(/\\([.+*?()|[\]{}^$\\/-])/g, '$1');
}

/** A prefix ends before a character that a following quantifier makes optional, and before any alternation. */
function safePrefix(source: string, prefix: string): string {
  if (source.includes('|')) return '';
  const next = source[prefix.length];
  return next === '*' || next === '?' || next === '{' || next === '+' ? prefix.slice(0, -1) : prefix;
}

function byShape(
  head: string | undefined,
  middle: string,
  tail: string | undefined,
): (value: string) => boolean {
  const before = head === '.+' ? 1 : 0;
  const after = tail === '.+' ? 1 : 0;
  if (head !== undefined && tail !== undefined) {
    return (value) => {
      const at = value.indexOf(middle, before);
      return at >= before && at <= value.length - middle.length - after;
    };
  }
  if (head !== undefined) return (value) => value.length >= middle.length + before && value.endsWith(middle);
  return (value) => value.length >= middle.length + after && value.startsWith(middle);
}
