/**
 * Lower case by Unicode's simple mapping, one character for one, as Go does it: no final sigma, no locale.
 */
export function lowerCase(text: string): string {
  return /^\p{ASCII}*$/u.test(text) ? text.toLowerCase() : mapCharacters(text, simpleLower);
}

/** Upper case by Unicode's simple mapping, one character for one, as Go does it: `ß` stays `ß`. */
export function upperCase(text: string): string {
  return /^\p{ASCII}*$/u.test(text) ? text.toUpperCase() : mapCharacters(text, simpleUpper);
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let result = '';
  for (const character of text) result += map(character);
  return result;
}

function simpleLower(character: string): string {
  const lower = character.toLowerCase();
  // Capital I with a dot above is the only character whose full lower-case form is longer than its simple one.
  return isOneCharacter(lower) ? lower : lower.slice(0, 1);
}

function simpleUpper(character: string): string {
  const upper = character.toUpperCase();
  if (isOneCharacter(upper)) return upper;
  // Greek letters with iota subscript: the full form is two letters, the simple one is the title-case letter.
  return titleCase.get(character) ?? character;
}

function isOneCharacter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}

const titleCase: ReadonlyMap<string, string> = greekTitleCase();

function greekTitleCase(): Map<string, string> {
  const pairs = new Map<string, string>();
  for (let code = 0x1f80; code <= 0x1fff; code++) {
    const title = String.fromCodePoint(code);
    const lower = title.toLowerCase();
    if (lower !== title) pairs.set(lower, title);
  }
  return pairs;
}
