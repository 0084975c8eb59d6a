/** Every way in which discovery refuses a configuration or fails to look something up. */
export type DiscoveryErrorCode =
  | 'RELABEL_BAD_ACTION'
  | 'RELABEL_BAD_REGEX'
  | 'RELABEL_BAD_MODULUS'
  | 'RELABEL_BAD_TARGET_LABEL'
  | 'RELABEL_BAD_REPLACEMENT'
  | 'RELABEL_BAD_SOURCE_LABEL'
  | 'RELABEL_EXTRA_FIELD'
  | 'RELABEL_MISSING_TARGET_LABEL'
  | 'SD_BAD_CONFIG'
  | 'SD_BAD_RESPONSE'
  | 'SD_BAD_TARGET_GROUP'
  | 'SD_FILE_TOO_LARGE'
  | 'SD_REQUEST_FAILED'
  | 'SD_TOO_MANY_TARGETS'
  | 'HTTP_BAD_CONFIG'
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_BAD_ENCODING'
  | 'HTTP_OAUTH2_FAILED'
  | 'HTTP_TOO_MANY_REDIRECTS';

/** An error of this package. `code` is stable; the message says what was expected and found. */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code: DiscoveryErrorCode;

  constructor(code: DiscoveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
