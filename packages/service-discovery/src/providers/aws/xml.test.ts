import fc from 'fast-check';
import { expect, it } from 'vitest';
import { child, itemsOf, parseXml, textOf, type XmlElement } from './xml.ts';

it('reads elements, text, entities, CDATA, comments and attributes', () => {
  const document = parseXml(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>
    <!-- first -->
    <a xmlns="http://x/?a=>" b = '"'>
      <set><item>1</item><other/><item>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</item><item/></set>
      <c:d>x<!-- < -->y<![CDATA[<&>]]></c:d >
    </a>
    <!-- last -->`);
  expect(document.name).toBe('a');
  expect(itemsOf(document, 'set').map(({ text }) => text)).toEqual(['1', `<&>"'A😀`, '']);
  expect(textOf(document, 'c:d')).toBe('xy<&>');
  expect(textOf(document, 'set', 'other')).toBeUndefined();
  expect(child(document, 'set', 'none', 'more')).toBeUndefined();
  expect(itemsOf(document, 'none')).toEqual([]);
});

it.each([
  ['nothing', ''],
  ['text only', 'text'],
  ['no end', '<a>'],
  ['another end', '<a></b>'],
  ['an end only', '</a>'],
  ['two elements', '<a/><b/>'],
  ['text behind', '<a/>text'],
  ['an attribute without a value', '<a b></a>'],
  ['an attribute without an end', '<a b="</a>'],
  ['an attribute of an end', '<a></a b="c">'],
  ['an end that is empty', '<a></a/>'],
  ['a name that is none', '<1/>'],
  ['an unknown entity', '<a>&unknown;</a>'],
  ['a bare ampersand', '<a>&</a>'],
  ['the character 0', '<a>&#0;</a>'],
  ['a character beyond Unicode', '<a>&#x110000;</a>'],
  ['a comment without an end', '<a><!-- </a>'],
  ['CDATA without an end', '<a><![CDATA[</a>'],
  ['an instruction without an end', '<?xml'],
  ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['too deep a nesting', '<a>'.repeat(65) + '</a>'.repeat(65)],
  ['too many elements', `<a>${'<b/>'.repeat(2_000_001)}</a>`],
])('refuses %s', (what, text) => {
  expect(() => parseXml(text), what).toThrow(expect.objectContaining({ code: 'SD_BAD_RESPONSE' }));
});

const elementName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,5}$/);
const characters = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
const tree = fc.letrec<{ tree: XmlElement; list: readonly XmlElement[] }>((tie) => ({
  tree: fc.record({ name: elementName, text: characters, children: tie('list') }),
  list: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant<XmlElement[]>([]),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
})).tree;

function write({ name, text, children }: XmlElement): string {
  const escaped = text.replace(/[<>&"']/gu, (character) => `&#${character.codePointAt(0)};`);
  return `<${name}>${escaped}${children.map(write).join('')}</${name}>`;
}

it('reads what is written', () => {
  fc.assert(
    fc.property(tree, (element) => {
      expect(parseXml(write(element))).toEqual(element);
    }),
  );
});

it('reads or refuses whatever comes, and never fails otherwise', () => {
  const pieces = fc.constantFrom(
    '<a>',
    '</a>',
    '<a/>',
    '<',
    '>',
    '&',
    '&lt;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    ' x="',
    '"',
    'text',
  );
  fc.assert(
    fc.property(
      fc.array(pieces).map((parts) => parts.join('')),
      (text) => {
        try {
          parseXml(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SD_BAD_RESPONSE' });
        }
      },
    ),
  );
});
