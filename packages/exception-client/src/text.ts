/**
 * `text` as it may be kept: at most `maxLength` UTF-16 units and a note of what is missing, and valid Unicode
 * (a lone surrogate becomes U+FFFD).
 */
export function boundedText(text: string, maxLength: number): string {
  const missing = text.length - maxLength;
  if (missing <= 0) return wellFormed(text);
  return `${boundedCopy(text.slice(0, maxLength), maxLength)}… [${missing} more characters]`;
}

/**
 * Like `boundedText`, for text that may be a slice of a longer one. Engines represent a slice as a pointer into
 * its parent, so that 100 kept characters could hold megabytes; the copy holds nothing else.
 */
export function boundedCopy(text: string, maxLength: number): string {
  if (text.length > maxLength || text.length <= LONGEST_UNSLICED) return boundedText(text, maxLength);
  // Joining is what copies.
  return wellFormed([text.slice(0, 1), text.slice(1)].join(''));
}

const LONGEST_UNSLICED = 12;

/** Browsers before 2023 lack the method; theirs is then the escape sequence that JSON has for such a half. */
function wellFormed(text: string): string {
  return text.toWellFormed?.() ?? text;
}
