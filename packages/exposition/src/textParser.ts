import type { ExpositionHandler, SeriesRef } from './handler.ts';
import { normaliseBounds } from './bounds.ts';
import { parseFloatBytes } from './number.ts';
import {
  bad,
  blankOrEnd,
  NO_TIMESTAMP,
  parseComment,
  readExemplar,
  skipBlanks,
  textOf,
  timestampOf,
} from './lineParts.ts';
import { parseSeriesText, seriesTextEnd } from './seriesText.ts';

const MAX_FAMILIES = 100_000;

/**
 * Parses the Prometheus text formats (0.0.4, 1.0.0) and OpenMetrics (0.0.1, 1.0.0) of one target, scrape after scrape.
 * It remembers the lines of the scrape before: a line whose series text stands at the same position in the order of
 * lines costs one comparison of bytes and the reading of a number; a line that moved is found by its bytes; only a new
 * one is taken apart. What a series' ref is, the handler decides. Throws ExpositionError, and then remembers what it
 * read up to there.
 */
export class TextParser {
  #body: Uint8Array = new Uint8Array(0);
  /** Series text and ref of line `i` of the scrape before; the texts are ranges of `#body`. */
  #starts = new Uint32Array(256);
  #ends = new Uint32Array(256);
  #refs = new Int32Array(256);
  #count = 0;
  #nextStarts = new Uint32Array(256);
  #nextEnds = new Uint32Array(256);
  #nextRefs = new Int32Array(256);
  #nextCount = 0;
  /** Types by family, of this target's scrapes so far. */
  readonly #types = new Map<string, string>();
  /** Made only when a line is not where it was. */
  #byText: Map<string, SeriesRef> | undefined;

  /** Forgets every ref, as when the series they stood for are gone. */
  forget(): void {
    this.#count = 0;
    this.#byText = undefined;
  }

  /** Reads one body. The parser keeps it until the next, so the caller must not write to it again. */
  parse(body: Uint8Array, openMetrics: boolean, handler: ExpositionHandler): void {
    this.#nextCount = 0;
    try {
      if (openMetrics) this.#parseOpenMetrics(body, handler);
      else this.#parseText(body, handler);
    } finally {
      this.#remember(body);
    }
  }

  #parseText(body: Uint8Array, handler: ExpositionHandler): void {
    let position = 0;
    for (let line = 1; position < body.length; line++) {
      let lineEnd = body.indexOf(10, position);
      if (lineEnd < 0) lineEnd = body.length;
      const start = skipBlanks(body, position, lineEnd);
      const end = body[lineEnd - 1] === 13 ? lineEnd - 1 : lineEnd;
      if (start < end) {
        if (body[start] === 35) this.#readComment(body, start + 1, end, line, handler, false);
        else this.#readSample(body, start, end, line, handler, false);
      }
      position = lineEnd + 1;
    }
  }

  #parseOpenMetrics(body: Uint8Array, handler: ExpositionHandler): void {
    let position = 0;
    for (let line = 1; ; line++) {
      if (position >= body.length) throw bad('# EOF at the end', 'none; the answer may have been cut', line);
      let lineEnd = body.indexOf(10, position);
      if (lineEnd < 0) lineEnd = body.length;
      if (lineEnd === position) throw bad('no empty line', 'one', line);
      if (body[position] !== 35) {
        this.#readSample(body, position, lineEnd, line, handler, true);
      } else if (isEof(body, position, lineEnd)) {
        if (lineEnd + 1 < body.length) throw bad('nothing behind # EOF', 'more', line + 1);
        return;
      } else {
        this.#readComment(body, position + 1, lineEnd, line, handler, true);
      }
      position = lineEnd + 1;
    }
  }

  #readSample(
    body: Uint8Array,
    start: number,
    end: number,
    line: number,
    handler: ExpositionHandler,
    openMetrics: boolean,
  ): void {
    const textEnd = this.#textEndWhereItWas(body, start) ?? seriesTextEnd(body, start, end);
    if (textEnd < 0) throw bad('a value', 'the end of the line', line);
    const ref = this.#refOf(body, start, textEnd, line, handler);
    let position = skipBlanks(body, textEnd, end);
    let tokenEnd = blankOrEnd(body, position, end);
    const value = parseFloatBytes(body, position, tokenEnd);
    if (value === undefined) throw bad('a number', textOf(body, position, tokenEnd), line);
    position = skipBlanks(body, tokenEnd, end);
    let timestampMs = NO_TIMESTAMP;
    if (position < end && body[position] !== 35) {
      tokenEnd = blankOrEnd(body, position, end);
      timestampMs = timestampOf(body, position, tokenEnd, openMetrics, line);
      position = skipBlanks(body, tokenEnd, end);
    }
    if (ref >= 0) handler.sample(ref, value, timestampMs);
    if (position >= end) return;
    if (!openMetrics || body[position] !== 35)
      throw bad('the end of the line', textOf(body, position, end), line);
    readExemplar(body, skipBlanks(body, position + 1, end), end, line, ref, handler);
  }

  /** End of the series text when this line begins as the line at the same place began in the scrape before. */
  #textEndWhereItWas(body: Uint8Array, start: number): number | undefined {
    const index = this.#nextCount;
    if (index >= this.#count) return undefined;
    const before = this.#body;
    const from = this.#starts[index]!;
    const length = this.#ends[index]! - from;
    const after = body[start + length];
    if (after !== 32 && after !== 9) return undefined;
    for (let i = 0; i < length; i++) {
      if (before[from + i] !== body[start + i]) return undefined;
    }
    // `name {a="b"}` begins with the text of `name`; only a closing brace or a bare name followed by a value is whole.
    if (body[start + length - 1] !== 125) {
      let next = start + length;
      while (body[next] === 32 || body[next] === 9) next++;
      if (body[next] === 123) return undefined;
    }
    this.#addLine(start, start + length, this.#refs[index]!);
    return start + length;
  }

  #refOf(body: Uint8Array, start: number, end: number, line: number, handler: ExpositionHandler): SeriesRef {
    // The fast path has already added the line.
    if (this.#nextCount > 0 && this.#nextStarts[this.#nextCount - 1] === start)
      return this.#nextRefs[this.#nextCount - 1]!;
    this.#byText ??= this.#indexByText();
    const text = latin1(body, start, end);
    let ref = this.#byText.get(text);
    if (ref === undefined) {
      const emptyNames: string[] = [];
      const labels = parseSeriesText(body, start, end, line, false, emptyNames);
      ref = handler.series(
        normaliseBounds(labels, (name) => this.#types.get(name)),
        emptyNames,
      );
      this.#byText.set(text, ref);
    }
    this.#addLine(start, end, ref);
    return ref;
  }

  #readComment(
    body: Uint8Array,
    start: number,
    end: number,
    line: number,
    handler: ExpositionHandler,
    strict: boolean,
  ): void {
    const comment = parseComment(body, start, end, line, strict);
    if (comment === undefined) return;
    if (comment.kind === 'type' && this.#types.size < MAX_FAMILIES)
      this.#types.set(comment.family, comment.text);
    handler.metadata(comment.family, comment.kind, comment.text);
  }

  #indexByText(): Map<string, SeriesRef> {
    const index = new Map<string, SeriesRef>();
    for (let i = 0; i < this.#count; i++)
      index.set(latin1(this.#body, this.#starts[i]!, this.#ends[i]!), this.#refs[i]!);
    return index;
  }

  #addLine(start: number, end: number, ref: SeriesRef): void {
    const index = this.#nextCount++;
    if (index === this.#nextStarts.length) {
      this.#nextStarts = doubled(this.#nextStarts);
      this.#nextEnds = doubled(this.#nextEnds);
      const refs = new Int32Array(2 * this.#nextRefs.length);
      refs.set(this.#nextRefs);
      this.#nextRefs = refs;
    }
    this.#nextStarts[index] = start;
    this.#nextEnds[index] = end;
    this.#nextRefs[index] = ref;
  }

  #remember(body: Uint8Array): void {
    [this.#starts, this.#nextStarts] = [this.#nextStarts, this.#starts];
    [this.#ends, this.#nextEnds] = [this.#nextEnds, this.#ends];
    [this.#refs, this.#nextRefs] = [this.#nextRefs, this.#refs];
    this.#count = this.#nextCount;
    this.#body = body;
    this.#byText = undefined;
  }
}

/** One character for each byte: a key for a map, not a text to show. */
function latin1(body: Uint8Array, start: number, end: number): string {
  return Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('latin1');
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

function isEof(body: Uint8Array, start: number, end: number): boolean {
  return end - start === 5 && textOf(body, start, end) === '# EOF';
}
