import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';

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

/** The sections of `scrape_configs` of a file for people, each by the name of its job. */
export function scrapeSectionTexts(text: string): Map<string, string> {
  const document = parseDocument(text);
  const sections = document.get('scrape_configs');
  const texts = new Map<string, string>();
  if (!isSeq(sections)) return texts;
  for (const section of sections.items) {
    if (!isMap(section)) continue;
    const own = parseDocument('');
    own.contents = section.clone() as typeof own.contents;
    texts.set(String(section.get('job_name')), own.toString());
  }
  return texts;
}

/** Takes the password out of a URL. */
function maskUrl(text: string): string {
  return text.replace(/(\/\/[^/:@]*:)[^/@]*@/, `$1${MASK}@`);
}
