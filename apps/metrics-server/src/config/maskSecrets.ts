import { isMap, isScalar, parseDocument, visit } from 'yaml';

const SECRET_KEYS = new Set([
  'password',
  'credentials',
  'bearer_token',
  'client_secret',
  'token',
  'key',
  'secret',
  'secret_key',
]);
const MASK = '<secret>';

/** A configuration file for people to see: values that are secrets are replaced, comments are left out. */
export function maskSecrets(text: string): string {
  const document = parseDocument(text);
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key)) return undefined;
      const key = String(pair.key.value);
      if (SECRET_KEYS.has(key) && isScalar(pair.value)) pair.value.value = MASK;
      if (key === 'secrets' && !isMap(pair.value)) pair.value = document.createNode([MASK]);
      if (/(^|_)url$/.test(key) && isScalar(pair.value)) pair.value.value = maskUrl(String(pair.value.value));
      return undefined;
    },
  });
  return document.toString();
}

/** Takes the password out of a URL. */
function maskUrl(text: string): string {
  return text.replace(/(\/\/[^/:@]*:)[^/@]*@/, `$1${MASK}@`);
}
