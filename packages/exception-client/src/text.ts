/**
 * `text` as it may be kept: at most `maxLength` UTF-16 units and a note of what is missing, and valid Unicode
 * (a lone surrogate becomes U+FFFD). The result never keeps a longer string alive.
 */
export function boundedText(text: string, maxLength: number): string {
  const missing = text.length - maxLength;
  if (missing <= 0) return detached(text).replace(LONE_SURROGATES, '\ufffd');
  const kept = detached(text.slice(0, Math.max(0, maxLength))).replace(LONE_SURROGATES, '\ufffd');
  return `${kept}… [${missing} more characters]`;
}

// In a regular expression with the u flag a surrogate pair is one character, so this finds only lone ones.
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** Engines represent a slice as a pointer into its parent, so that 100 kept characters can hold megabytes. */
function detached(text: string): string {
  return text.length > 12 ? (JSON.parse(JSON.stringify(text)) as string) : text;
}
