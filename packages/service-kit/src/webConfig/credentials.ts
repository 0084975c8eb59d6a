import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CheckQueue } from './checkQueue.ts';

/** Who sent a request. */
export interface Principal {
  readonly kind: 'basic' | 'bearer';
  /** The user's name, or the name of the token. */
  readonly name: string;
}

const MAX_REMEMBERED = 1000;

/**
 * Checks `Authorization` headers against hashed users and tokens. A checked credential is remembered by a
 * keyed digest, so that bcrypt runs once for it; nothing is remembered of a wrong one. An unknown user costs
 * as much time as a known one.
 */
export class Credentials {
  readonly #users: ReadonlyMap<string, string>;
  readonly #digestTokens: readonly (readonly [string, Buffer])[];
  readonly #bcryptTokens: readonly (readonly [string, string])[];
  readonly #digestKey = randomBytes(32);
  readonly #remembered = new Map<string, Principal>();
  readonly #checks = new CheckQueue();

  constructor(users: Readonly<Record<string, string>>, tokens: Readonly<Record<string, string>>) {
    this.#users = new Map(Object.entries(users));
    const entries = Object.entries(tokens);
    this.#bcryptTokens = entries.filter(([, hash]) => hash.startsWith('$'));
    this.#digestTokens = entries
      .filter(([, hash]) => !hash.startsWith('$'))
      .map(([name, hash]) => [name, Buffer.from(hash, 'hex')] as const);
  }

  /** True when nobody is configured, so that everybody is let in. */
  get isEmpty(): boolean {
    return this.#users.size + this.#digestTokens.length + this.#bcryptTokens.length === 0;
  }

  /** The values of `WWW-Authenticate`: what a client may send. */
  get challenges(): string[] {
    const challenges = [];
    if (this.#users.size > 0) challenges.push('Basic realm="binnacle", charset="UTF-8"');
    if (this.#digestTokens.length + this.#bcryptTokens.length > 0) challenges.push('Bearer realm="binnacle"');
    return challenges;
  }

  /** Who sent the header, or undefined. Throws CheckQueueFullError when too many are being checked. */
  async check(header: string | undefined): Promise<Principal | undefined> {
    const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? [];
    switch (scheme.toLowerCase()) {
      case 'basic':
        return this.#checkBasic(Buffer.from(value, 'base64').toString('utf8'));
      case 'bearer':
        return this.#checkToken(value);
      default:
        return undefined;
    }
  }

  async #checkBasic(pair: string): Promise<Principal | undefined> {
    const colon = pair.indexOf(':');
    if (colon < 0 || this.#users.size === 0) return undefined;
    const name = pair.slice(0, colon);
    return this.#remember(`basic ${pair}`, async () => {
      const known = this.#users.get(name);
      const matches = await this.#checks.run(pair.slice(colon + 1), known ?? this.#decoyFor(name));
      return matches && known !== undefined ? { kind: 'basic', name } : undefined;
    });
  }

  /** Some user's hash, always the same one for a name, so that time does not tell whether the name is known. */
  #decoyFor(name: string): string {
    const hashes = [...this.#users.values()];
    return hashes[this.#digest(name).readUInt32LE() % hashes.length]!;
  }

  async #checkToken(token: string): Promise<Principal | undefined> {
    const digest = createHash('sha256').update(token).digest();
    let found: string | undefined;
    for (const [name, expected] of this.#digestTokens) {
      if (timingSafeEqual(digest, expected)) found = name;
    }
    if (found !== undefined) return { kind: 'bearer', name: found };
    if (this.#bcryptTokens.length === 0) return undefined;
    return this.#remember(`bearer ${token}`, async () => {
      for (const [name, hash] of this.#bcryptTokens) {
        if (await this.#checks.run(token, hash)) return { kind: 'bearer', name };
      }
      return undefined;
    });
  }

  /** What `check` found, from memory when it found somebody before. The least recently used is forgotten. */
  async #remember(
    credential: string,
    check: () => Promise<Principal | undefined>,
  ): Promise<Principal | undefined> {
    const key = this.#digest(credential).toString('base64');
    const principal = this.#remembered.get(key) ?? (await check());
    if (principal === undefined) return undefined;
    this.#remembered.delete(key);
    this.#remembered.set(key, principal);
    if (this.#remembered.size > MAX_REMEMBERED) {
      this.#remembered.delete(this.#remembered.keys().next().value!);
    }
    return principal;
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#digestKey).update(text).digest();
  }
}
