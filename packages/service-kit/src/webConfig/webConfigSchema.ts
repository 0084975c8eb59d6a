import { Type, type Static } from 'typebox';
import { Duration, Secret } from '../config/configTypes.ts';
import { CIPHER_SUITES, CURVES, TLS_VERSIONS } from './tlsNames.ts';

const TlsServerConfig = Type.Object({
  cert_file: Type.Optional(Type.String()),
  key_file: Type.Optional(Type.String()),
  cert: Type.Optional(Type.String()),
  key: Type.Optional(Secret()),
  client_ca_file: Type.Optional(Type.String()),
  client_ca: Type.Optional(Type.String()),
  client_auth_type: Type.Enum(
    [
      'NoClientCert',
      'RequestClientCert',
      'RequireAnyClientCert',
      'VerifyClientCertIfGiven',
      'RequireAndVerifyClientCert',
    ],
    { default: 'NoClientCert' },
  ),
  client_allowed_sans: Type.Array(Type.String(), { default: [] }),
  min_version: Type.Enum(TLS_VERSIONS, { default: 'TLS12' }),
  max_version: Type.Enum(TLS_VERSIONS, { default: 'TLS13' }),
  cipher_suites: Type.Array(Type.Enum(Object.keys(CIPHER_SUITES)), { default: [] }),
  prefer_server_cipher_suites: Type.Boolean({ default: true }),
  curve_preferences: Type.Array(Type.Enum(Object.keys(CURVES)), { default: [] }),
});

const Headers = Type.Object({
  'Content-Security-Policy': Type.Optional(Type.String()),
  'X-Frame-Options': Type.Optional(Type.Enum(['', 'deny', 'sameorigin'], { expected: 'deny or sameorigin' })),
  'X-Content-Type-Options': Type.Optional(Type.Enum(['', 'nosniff'], { expected: 'nosniff' })),
  'X-XSS-Protection': Type.Optional(Type.String()),
  'Strict-Transport-Security': Type.Optional(Type.String()),
});

const BcryptHash = Secret({
  pattern: /^\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z0-9]{53}$/.source,
  expected: 'a bcrypt hash of cost 4 to 18, as `htpasswd -nBC 10 ""` prints it after the colon',
});

const TokenHash = Secret({
  pattern: /^([0-9a-fA-F]{64}|\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z0-9]{53})$/.source,
  expected:
    'the SHA-256 of the token in hex (64 digits), as `printf %s "$TOKEN" | sha256sum` prints it, or a bcrypt hash',
});

/**
 * The web configuration file of Prometheus and its exporters, with `bearer_tokens` beside it: names and
 * hashes of tokens that have full access.
 */
export const WebConfigSchema = Type.Object({
  tls_server_config: Type.Optional(TlsServerConfig),
  http_server_config: Type.Object(
    { http2: Type.Boolean({ default: true }), headers: Type.Object(Headers.properties, { default: {} }) },
    { default: {} },
  ),
  basic_auth_users: Type.Record(Type.String(), BcryptHash, { default: {} }),
  bearer_tokens: Type.Record(Type.String(), TokenHash, { default: {} }),
  rate_limit: Type.Optional(
    Type.Object({ interval: Duration({ default: '0' }), burst: Type.Integer({ minimum: 0, default: 0 }) }),
  ),
});

export type TlsServerConfig = Static<typeof TlsServerConfig>;
