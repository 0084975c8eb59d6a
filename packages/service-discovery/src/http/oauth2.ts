import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Clock } from '../context.ts';
import { DiscoveryError } from '../errors.ts';
import type { OAuth2Config } from '../schema/httpClientSchema.ts';
import { readSecret } from './credentials.ts';
import type { HttpClient } from './httpClient.ts';
import { parseJson } from './parseJson.ts';
import { readBody } from './readBody.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;
/** A token is renewed this long before it expires. */
const MARGIN_MS = 10_000;

const tokenAnswer = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  expires_in: Type.Optional(Type.Union([Type.Number(), Type.String()])),
});

/** Access tokens by the client-credentials grant (RFC 6749, 4.4), kept until they expire. */
export class OAuth2Tokens {
  readonly #config: OAuth2Config;
  readonly #client: HttpClient;
  readonly #baseDir: string;
  readonly #clock: Clock;
  #token: { readonly text: string; readonly secret: string; readonly expiresAtMs: number } | undefined;
  #pending: Promise<string> | undefined;
  /** Servers differ in where they want the client's secret; the first way that works is kept. */
  #secretIn: 'header' | 'body' | undefined;

  /** `client` reaches the token endpoint. */
  constructor(config: OAuth2Config, client: HttpClient, baseDir: string, clock: Clock) {
    this.#config = config;
    this.#client = client;
    this.#baseDir = baseDir;
    this.#clock = clock;
  }

  /** A token that is valid now. Throws DiscoveryError with HTTP_OAUTH2_FAILED. */
  async get(signal: AbortSignal): Promise<string> {
    const secret = await readSecret(
      this.#baseDir,
      this.#config.client_secret,
      this.#config.client_secret_file,
    );
    const token = this.#token;
    if (token !== undefined && token.secret === secret && this.#clock.now() < token.expiresAtMs)
      return token.text;
    this.#pending ??= this.#fetch(secret).finally(() => (this.#pending = undefined));
    const pending = this.#pending;
    return new Promise((resolve, reject) => {
      // The token is for every request that waits; one that gives up does not end it for the others.
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      pending.then(resolve, reject);
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #fetch(secret: string): Promise<string> {
    const ways = this.#secretIn === undefined ? (['header', 'body'] as const) : [this.#secretIn];
    let refusal = '';
    for (const way of ways) {
      const { statusCode, text } = await this.#ask(secret, way);
      if (statusCode === 200) {
        this.#secretIn = way;
        return this.#keep(secret, text);
      }
      refusal = `status ${statusCode}`;
      if (statusCode >= 500) break;
    }
    throw new DiscoveryError(
      'HTTP_OAUTH2_FAILED',
      `expected a token from ${this.#config.token_url}, found ${refusal}`,
    );
  }

  #keep(secret: string, answer: string): string {
    const parsed = parseJson(answer);
    if (!Value.Check(tokenAnswer, parsed)) {
      throw new DiscoveryError(
        'HTTP_OAUTH2_FAILED',
        `expected JSON with an access_token from ${this.#config.token_url}, found something else`,
      );
    }
    const lifeMs = Number(parsed.expires_in ?? Number.POSITIVE_INFINITY) * 1000;
    const expiresAtMs = this.#clock.now() + Math.max(0, lifeMs - MARGIN_MS);
    this.#token = { text: parsed.access_token, secret, expiresAtMs };
    return parsed.access_token;
  }

  async #ask(secret: string, way: 'header' | 'body'): Promise<{ statusCode: number; text: string }> {
    const { client_id: id, token_url: url, scopes = [], endpoint_params: extra = {} } = this.#config;
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...extra });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (way === 'header') {
      const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
      headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    } else {
      form.set('client_id', id);
      form.set('client_secret', secret);
    }
    const response = await this.#client.request(url, { method: 'POST', headers, body: form.toString() });
    const body = await readBody(response, MAX_ANSWER_BYTES);
    return { statusCode: response.statusCode, text: body.toString('utf8') };
  }
}
