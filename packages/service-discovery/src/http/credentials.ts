import type { HttpClientConfig } from '../schema/httpClientSchema.ts';
import type { OAuth2Tokens } from './oauth2.ts';
import { readTextFile } from './textFile.ts';

/**
 * The headers that a client's configuration adds to a request: credentials and `http_headers`. Files are read for
 * every request, so that rotated secrets are taken up at once.
 */
export async function credentialHeaders(
  config: HttpClientConfig,
  baseDir: string,
  tokens: OAuth2Tokens | undefined,
  signal: AbortSignal,
): Promise<Record<string, string[]>> {
  const headers: Record<string, string[]> = {};
  for (const [name, { values = [], secrets = [], files = [] }] of Object.entries(config.http_headers ?? {})) {
    const read = await Promise.all(files.map((file) => readSecret(baseDir, undefined, file)));
    headers[name.toLowerCase()] = [...values, ...secrets, ...read];
  }
  const authorization = await authorizationOf(config, baseDir, tokens, signal);
  if (authorization !== undefined) headers['authorization'] = [authorization];
  return headers;
}

async function authorizationOf(
  config: HttpClientConfig,
  baseDir: string,
  tokens: OAuth2Tokens | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { basic_auth: basic, authorization, bearer_token: token, bearer_token_file: tokenFile } = config;
  if (basic !== undefined) {
    const username = await readSecret(baseDir, basic.username, basic.username_file);
    const password = await readSecret(baseDir, basic.password, basic.password_file);
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  if (authorization !== undefined) {
    const secret = await readSecret(baseDir, authorization.credentials, authorization.credentials_file);
    return `${authorization.type?.trim() || 'Bearer'} ${secret}`;
  }
  if (token || tokenFile) return `Bearer ${await readSecret(baseDir, token, tokenFile)}`;
  return tokens === undefined ? undefined : `Bearer ${await tokens.get(signal)}`;
}

/** A secret of the configuration, or of the file that it names, without the space around it. */
export async function readSecret(
  baseDir: string,
  text: string | undefined,
  file: string | undefined,
): Promise<string> {
  return file ? (await readTextFile(baseDir, file)).trim() : (text ?? '');
}
