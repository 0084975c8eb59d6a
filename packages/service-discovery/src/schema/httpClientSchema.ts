import { Type, type Static } from 'typebox';
import { strictObject } from './primitives.ts';

const tlsVersion = Type.Union([
  Type.Literal('TLS10'),
  Type.Literal('TLS11'),
  Type.Literal('TLS12'),
  Type.Literal('TLS13'),
]);

/** Certificates and checks of a TLS connection. Text keys and `*_file` keys exclude each other. */
export const tlsConfig = strictObject({
  ca: Type.Optional(Type.String()),
  ca_file: Type.Optional(Type.String()),
  cert: Type.Optional(Type.String()),
  cert_file: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  key_file: Type.Optional(Type.String()),
  server_name: Type.Optional(Type.String()),
  insecure_skip_verify: Type.Optional(Type.Boolean({ default: false })),
  min_version: Type.Optional(tlsVersion),
  max_version: Type.Optional(tlsVersion),
});

export type TlsConfig = Static<typeof tlsConfig>;

const proxyProperties = {
  proxy_url: Type.Optional(Type.String()),
  no_proxy: Type.Optional(Type.String()),
  proxy_from_environment: Type.Optional(Type.Boolean({ default: false })),
  proxy_connect_header: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
};

/** OAuth 2.0 with client credentials. */
const oauth2Config = strictObject({
  client_id: Type.String({ minLength: 1 }),
  client_secret: Type.Optional(Type.String()),
  client_secret_file: Type.Optional(Type.String()),
  token_url: Type.String({ minLength: 1 }),
  scopes: Type.Optional(Type.Array(Type.String())),
  endpoint_params: Type.Optional(Type.Record(Type.String(), Type.String())),
  tls_config: Type.Optional(tlsConfig),
  ...proxyProperties,
});

export type OAuth2Config = Static<typeof oauth2Config>;

const httpHeader = strictObject({
  values: Type.Optional(Type.Array(Type.String())),
  secrets: Type.Optional(Type.Array(Type.String())),
  files: Type.Optional(Type.Array(Type.String())),
});

/** The keys that every section with an HTTP client takes, to spread into its schema. */
export const httpClientProperties = {
  basic_auth: Type.Optional(
    strictObject({
      username: Type.Optional(Type.String()),
      username_file: Type.Optional(Type.String()),
      password: Type.Optional(Type.String()),
      password_file: Type.Optional(Type.String()),
    }),
  ),
  authorization: Type.Optional(
    strictObject({
      type: Type.Optional(Type.String({ default: 'Bearer' })),
      credentials: Type.Optional(Type.String()),
      credentials_file: Type.Optional(Type.String()),
    }),
  ),
  bearer_token: Type.Optional(Type.String()),
  bearer_token_file: Type.Optional(Type.String()),
  oauth2: Type.Optional(oauth2Config),
  tls_config: Type.Optional(tlsConfig),
  ...proxyProperties,
  follow_redirects: Type.Optional(Type.Boolean({ default: true })),
  enable_http2: Type.Optional(Type.Boolean({ default: true })),
  http_headers: Type.Optional(Type.Record(Type.String(), httpHeader)),
};

const httpClientConfig = strictObject(httpClientProperties);

export type HttpClientConfig = Static<typeof httpClientConfig>;
