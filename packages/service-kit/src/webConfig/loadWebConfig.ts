import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock.ts';
import { checkConfig, parseConfig, readConfigFile } from '../config/loadConfig.ts';
import { ConfigError } from '../errors.ts';
import type { ClientCertificatePolicy } from './clientCertificates.ts';
import { Credentials } from './credentials.ts';
import { RateLimit } from './rateLimit.ts';
import { CIPHER_SUITES, CURVES, NODE_TLS_VERSION, TLS_VERSIONS } from './tlsNames.ts';
import { WebConfigSchema, type TlsServerConfig } from './webConfigSchema.ts';

/** A web configuration file, read and ready for use. */
export interface WebConfig {
  readonly tls: TlsSettings | undefined;
  /** Added to every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly rateLimit: RateLimit;
  /** The file and the certificates it names: a change in one of them calls for another reading. */
  readonly files: readonly string[];
}

interface TlsSettings {
  readonly secureContext: SecureContextOptions;
  readonly clients: ClientCertificatePolicy;
}

/** What holds without a web configuration file: plain HTTP for everybody. */
export function openWebConfig(clock: Clock): WebConfig {
  return {
    tls: undefined,
    headers: {},
    credentials: new Credentials({}, {}),
    rateLimit: new RateLimit(0, 0, clock),
    files: [],
  };
}

/**
 * Reads a web configuration file and the certificates it names; their paths are relative to its folder.
 * Throws ConfigError with every problem, ServiceError when the file cannot be read.
 */
export async function loadWebConfig(file: string, clock: Clock): Promise<WebConfig> {
  const { config, problem } = checkConfig(file, await readConfigFile(file), WebConfigSchema);
  const { tls_server_config: tls, http_server_config: http, rate_limit: limit } = config;
  const refuse = (path: readonly string[], message: string): never => {
    throw new ConfigError([problem(['tls_server_config', ...path], message)]);
  };
  const paths = [tls?.cert_file, tls?.key_file, tls?.client_ca_file];
  return {
    tls: tls === undefined ? undefined : await tlsSettings(tls, dirname(file), refuse),
    headers: Object.fromEntries(Object.entries(http.headers).filter(([, value]) => value !== '')),
    credentials: new Credentials(config.basic_auth_users, config.bearer_tokens),
    rateLimit: new RateLimit(limit?.interval ?? 0, limit?.burst ?? 0, clock),
    files: [file, ...paths.filter((path) => path !== undefined).map((path) => resolve(dirname(file), path))],
  };
}

/** What a web configuration file sets up. */
export interface WebConfigSummary {
  readonly tls: boolean;
  /** How many users and tokens are let in; none of both: everybody is. */
  readonly users: number;
  readonly tokens: number;
}

/** Checks a web configuration file and the certificates it names, for tools. Throws as `loadWebConfig` does. */
export async function checkWebConfig(file: string): Promise<WebConfigSummary> {
  const { tls } = await loadWebConfig(file, systemClock);
  const config = parseConfig(file, await readConfigFile(file), WebConfigSchema);
  return {
    tls: tls !== undefined,
    users: Object.keys(config.basic_auth_users).length,
    tokens: Object.keys(config.bearer_tokens).length,
  };
}

type Refuse = (path: readonly string[], message: string) => never;

async function tlsSettings(config: TlsServerConfig, folder: string, refuse: Refuse): Promise<TlsSettings> {
  checkClients(config, refuse);
  if (TLS_VERSIONS.indexOf(config.min_version) > TLS_VERSIONS.indexOf(config.max_version)) {
    refuse(
      ['min_version'],
      `expected at most max_version (${config.max_version}); found ${config.min_version}`,
    );
  }
  const pem = (name: 'cert' | 'key' | 'client_ca') => readPem(config, name, folder, refuse);
  const cert = (await pem('cert')) ?? refuse([], 'expected cert_file and key_file; found no certificate');
  const key = (await pem('key')) ?? refuse([], 'expected cert_file and key_file; found no key');
  const ca = await pem('client_ca');
  const secureContext: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: NODE_TLS_VERSION[config.min_version],
    maxVersion: NODE_TLS_VERSION[config.max_version],
    honorCipherOrder: config.prefer_server_cipher_suites,
    ...(config.cipher_suites.length === 0 ? {} : { ciphers: cipherList(config.cipher_suites) }),
    ...(config.curve_preferences.length === 0
      ? {}
      : { ecdhCurve: config.curve_preferences.map((name) => CURVES[name]).join(':') }),
  };
  try {
    createSecureContext(secureContext);
  } catch (error) {
    refuse([], `expected a PEM certificate and its key; ${(error as Error).message}`);
  }
  return {
    secureContext,
    clients: { type: config.client_auth_type, allowedSans: config.client_allowed_sans },
  };
}

/** Go's list does not touch the suites of TLS 1.3, so those stay as Node has them. */
function cipherList(names: readonly string[]): string {
  const tls13 = Object.keys(CIPHER_SUITES).filter((name) => CIPHER_SUITES[name] === name);
  return [...new Set([...tls13, ...names.map((name) => CIPHER_SUITES[name]!)])].join(':');
}

function checkClients(config: TlsServerConfig, refuse: Refuse): void {
  const { client_auth_type: type, client_allowed_sans: sans } = config;
  const hasCa = config.client_ca_file !== undefined || config.client_ca !== undefined;
  if (hasCa && type === 'NoClientCert') {
    refuse(['client_auth_type'], 'expected a policy that uses client_ca_file; found NoClientCert');
  }
  if (!hasCa && type.includes('Verify') && sans.length === 0) {
    refuse(
      ['client_auth_type'],
      `${type} needs client_ca_file, or client_allowed_sans to accept any public CA`,
    );
  }
  if (sans.length > 0 && !type.startsWith('Require')) {
    refuse(
      ['client_allowed_sans'],
      `needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert; found ${type}`,
    );
  }
}

async function readPem(
  config: TlsServerConfig,
  name: 'cert' | 'key' | 'client_ca',
  folder: string,
  refuse: Refuse,
): Promise<string | undefined> {
  const inline = config[name];
  const file = config[`${name}_file`];
  if (inline !== undefined && file !== undefined) {
    refuse([name], `expected either ${name} or ${name}_file; found both`);
  }
  if (file === undefined) return inline;
  try {
    return await readFile(resolve(folder, file), 'utf8');
  } catch (error) {
    return refuse([`${name}_file`], `cannot read the file: ${(error as Error).message}`);
  }
}
