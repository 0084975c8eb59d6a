/** What stands in place of a secret. */
export const REDACTED = 'REDACTED';

const SECRET_NAMES =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-csrf-token|x-xsrf-token)$|(?:^|[-_.])(?:token|secret|password|passwd|pwd|api-?key|apikey|signature|sig|session|sessionid|credential|credentials|auth|jwt)(?:$|[-_.])/;

/** True for names of headers, query parameters and fields that carry credentials. */
export function isSecretName(name: string): boolean {
  const plain = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll('_', '-');
  return SECRET_NAMES.test(plain);
}

/** The address without user information and without the values of secret query parameters; all else verbatim. */
export function redactUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${REDACTED}@`)
    .replaceAll(/([?&;])([^=&;#]+)=([^&;#]*)/g, (whole, mark: string, name: string, value: string) =>
      value !== '' && isSecretName(decoded(name)) ? `${mark}${name}=${REDACTED}` : whole,
    );
}

/** The body without the values of secret fields, in JSON or form encoding; a body without secrets is unchanged. */
export function redactBody(body: string): string {
  if (/^\s*[[{]/.test(body)) {
    return body.replaceAll(
      /("((?:[^"\\]|\\.)*)"\s*:\s*)("(?:[^"\\]|\\.)*"|-?[\d.][\d.eE+-]*)/gs,
      (whole, start: string, name: string) => (isSecretName(name) ? `${start}"${REDACTED}"` : whole),
    );
  }
  if (!/^[^\s=&]+=[^\s]*$/.test(body)) return body;
  return body.replaceAll(/(^|&)([^=&]+)=([^&]*)/g, (whole, mark: string, name: string) =>
    isSecretName(decoded(name)) ? `${mark}${name}=${REDACTED}` : whole,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
