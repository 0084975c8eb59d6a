/** A part of a query: UTF-16 offsets, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `line:column` of an offset, both from 1, columns in UTF-8 bytes, as Prometheus prints positions. */
export function lineColumn(query: string, offset: number): string {
  if (query === '') return 'unknown position';
  if (offset > query.length) return 'invalid position';
  let line = 1;
  let lineStart = 0;
  for (let i = query.indexOf('\n'); i >= 0 && i < offset; i = query.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  return `${line}:${Buffer.byteLength(query.slice(lineStart, offset)) + 1}`;
}
