import { AnchoredRegex } from './anchoredRegex.ts';

export type MatcherType = '=' | '!=' | '=~' | '!~';

/** One condition on a label: `job="api"`, `code!~"5.."`. An absent label has the value ''. */
export class Matcher {
  readonly type: MatcherType;
  readonly name: string;
  readonly value: string;
  /** The compiled pattern of `=~` and `!~`. */
  readonly regex: AnchoredRegex | undefined;

  /** Throws RegexError when a pattern does not compile. */
  constructor(type: MatcherType, name: string, value: string) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.regex = type === '=~' || type === '!~' ? new AnchoredRegex(value) : undefined;
  }

  matches(value: string): boolean {
    switch (this.type) {
      case '=':
        return value === this.value;
      case '!=':
        return value !== this.value;
      case '=~':
        return this.regex!.test(value);
      case '!~':
        return !this.regex!.test(value);
    }
  }

  /** True when a series without the label matches. */
  get matchesEmpty(): boolean {
    return this.matches('');
  }

  toString(): string {
    const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(this.name) ? this.name : JSON.stringify(this.name);
    return `${name}${this.type}${JSON.stringify(this.value)}`;
  }
}
