/** Constants of the block files; docs/formats.md describes them in full. */
export const DATA_MAGIC = 0x54444e42; // "BNDT"
export const INDEX_MAGIC = 0x58494e42; // "BNIX"
export const TOMBSTONE_MAGIC = 0x42544e42; // "BNTB"
export const FORMAT_VERSION = 1;

/** The data file is summed in pages of this size. */
export const DATA_PAGE = 65_536;

/** First byte of a chunk. */
export const CHUNK_SPARSE = 1;
export const CHUNK_HISTOGRAMS = 2;
/** Start timestamps: a value for each sample, or runs. */
export const CHUNK_STARTS = 4;
export const CHUNK_START_RUNS = 8;

/** Sections of the index file, in this order; the table of contents lists offset and length of each. */
export const SECTIONS = [
  'symbolOffsets',
  'symbolBytes',
  'pairNames',
  'pairValues',
  'postingsOffsets',
  'postings',
  'seriesOffsets',
  'seriesHashes',
  'series',
  'columnOffsets',
  'columns',
  'pageSums',
] as const;

export type Section = (typeof SECTIONS)[number];

/** Samples of a chunk at most; chunks are cut at multiples of a span of time, so that series of one scrape agree. */
export const CHUNK_SAMPLES = 500;
export const BASE_SPAN_MS = 7_200_000;
