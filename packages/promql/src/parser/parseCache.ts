import type { Expr } from './ast.ts';
import type { LanguageFeatures } from './features.ts';
import { parse } from './parser.ts';

const MAX_QUERIES = 500;
const MAX_CACHED_LENGTH = 4096;

/** Parses queries that come again and again, as those of dashboards and rules do. Keeps the latest of them. */
export class ParseCache {
  readonly #features: LanguageFeatures;
  readonly #queries = new Map<string, Expr>();

  constructor(features: LanguageFeatures) {
    this.#features = features;
  }

  /** As `parse`. */
  parse(query: string): Expr {
    const known = this.#queries.get(query);
    if (known !== undefined) {
      this.#queries.delete(query);
      this.#queries.set(query, known);
      return known;
    }
    const expr = parse(query, this.#features);
    if (query.length > MAX_CACHED_LENGTH) return expr;
    if (this.#queries.size >= MAX_QUERIES) this.#queries.delete(this.#queries.keys().next().value!);
    this.#queries.set(query, expr);
    return expr;
  }
}
