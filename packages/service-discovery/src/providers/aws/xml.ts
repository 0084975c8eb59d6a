import { DiscoveryError } from '../../errors.ts';

/** An element of an answer. Attributes are not kept: no answer that is read here has its data there. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** All text directly inside. */
  readonly text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 2_000_000;

/**
 * Reads a document of elements and text as the AWS APIs write them. Strict: what is not well-formed is refused, and so
 * are document type declarations, with which a small document can ask for endless work. Throws DiscoveryError with
 * SD_BAD_RESPONSE.
 */
export function parseXml(text: string): XmlElement {
  const top: OpenElement = { name: '', children: [], text: '' };
  const open: OpenElement[] = [top];
  let elements = 0;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const inner = open.at(-1)!;
    const mark = text.indexOf('<', at);
    const end = mark === -1 ? text.length : mark;
    inner.text += decodeEntities(text.slice(at, end), at);
    if (open.length === 1 && inner.text.trim() !== '') throw bad('an element', at);
    if (mark === -1) break;
    const skipped = skipMarkup(text, mark, inner);
    if (skipped !== undefined) {
      at = skipped;
      continue;
    }
    TAG.lastIndex = mark;
    const tag = TAG.exec(text);
    if (tag === null) throw bad('a tag', mark);
    const [whole, closing, name, attributes, selfClosing] = tag;
    at = mark + whole.length;
    if (closing === '/') {
      if (open.length === 1 || inner.name !== name || (attributes + selfClosing!).trim() !== '') {
        throw bad(`</${inner.name}>`, mark);
      }
      open.pop();
      continue;
    }
    if (++elements > MAX_ELEMENTS) throw bad(`at most ${MAX_ELEMENTS} elements`, mark);
    const element: OpenElement = { name: name!, children: [], text: '' };
    inner.children.push(element);
    if (selfClosing === '/') continue;
    if (open.length === MAX_DEPTH) throw bad(`elements nested at most ${MAX_DEPTH} deep`, mark);
    open.push(element);
  }
  if (open.length > 1) throw bad(`</${open.at(-1)!.name}>`, text.length);
  if (top.children.length !== 1) throw bad('one element', text.length);
  return top.children[0]!;
}

/** The first child of that name, found along a path of names. */
export function child(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (inner, name) => inner?.children.find((one) => one.name === name),
    element,
  );
}

/** The text at a path of names; undefined where there is no element or nothing in it. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return child(element, ...path)?.text || undefined;
}

/** The members of a list: `<set><item/><item/></set>`. */
export function itemsOf(element: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  return child(element, ...path)?.children.filter(({ name }) => name === 'item') ?? [];
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const NAME = String.raw`[A-Za-z_][\w.:-]*`;
const ATTRIBUTE = String.raw`\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*')`;
const TAG = new RegExp(String.raw`<(/?)(${NAME})((?:${ATTRIBUTE})*\s*)(/?)>`, 'y');

/** Passes comments, instructions and CDATA, whose text is the element's. Says where to go on. */
function skipMarkup(text: string, at: number, inner: OpenElement): number | undefined {
  const past = (begin: string, end: string): number | undefined => {
    if (!text.startsWith(begin, at)) return undefined;
    const found = text.indexOf(end, at + begin.length);
    if (found === -1) throw bad(end, text.length);
    return found + end.length;
  };
  const cdata = past('<![CDATA[', ']]>');
  if (cdata !== undefined) inner.text += text.slice(at + '<![CDATA['.length, cdata - ']]>'.length);
  return cdata ?? past('<!--', '-->') ?? past('<?', '?>');
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string, at: number): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:(\w+)|#(\d+)|#x([\da-fA-F]+));|&/g, (whole, name, decimal, hex) => {
    const known = NAMED[name as string];
    if (known !== undefined) return known;
    const code = decimal === undefined ? parseInt(hex as string, 16) : Number(decimal);
    if (!(code > 0 && code <= 0x10ffff)) throw bad(`a known entity instead of ${whole}`, at);
    return String.fromCodePoint(code);
  });
}

function bad(expected: string, at: number): DiscoveryError {
  return new DiscoveryError('SD_BAD_RESPONSE', `expected ${expected} in the XML, found none at ${at}`);
}
