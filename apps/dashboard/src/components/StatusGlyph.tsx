import type { ExceptionStatus, TargetHealth } from '../api/types.ts';
import styles from './StatusGlyph.module.css';

/** What a state means to the reader: each has a shape, a word and a colour of its own. */
export type Tone = 'ok' | 'warn' | 'error' | 'muted' | 'unknown';

export const STATUS_TONE: Record<ExceptionStatus, Tone> = {
  new: 'error',
  regressed: 'error',
  ongoing: 'warn',
  resolved: 'ok',
  muted: 'muted',
};

export const STATUS_WORD: Record<ExceptionStatus, string> = {
  new: 'New',
  regressed: 'Regressed',
  ongoing: 'Ongoing',
  resolved: 'Resolved',
  muted: 'Muted',
};

export const HEALTH_TONE: Record<TargetHealth, Tone> = { up: 'ok', down: 'error', unknown: 'unknown' };
export const HEALTH_WORD: Record<TargetHealth, string> = {
  up: 'Up',
  down: 'Down',
  unknown: 'Not scraped yet',
};

/** The shape of a state: disc, triangle, square, half disc, ring. */
export function StatusGlyph({ tone }: { readonly tone: Tone }) {
  return (
    <svg
      className={styles['glyph']}
      data-tone={tone}
      viewBox="0 0 12 12"
      aria-hidden="true"
      focusable="false"
    >
      {tone === 'ok' && <circle cx="6" cy="6" r="4.5" />}
      {tone === 'warn' && <path d="M6 1.2 11.2 10.6H.8z" />}
      {tone === 'error' && <path d="M1.8 1.8h8.4v8.4H1.8z" />}
      {tone === 'muted' && (
        <>
          <circle cx="6" cy="6" r="3.9" className={styles['ring']} />
          <path d="M6 2.1a3.9 3.9 0 0 1 0 7.8z" />
        </>
      )}
      {tone === 'unknown' && <circle cx="6" cy="6" r="3.9" className={styles['ring']} />}
    </svg>
  );
}

/** Shape and word of a state; `tinted` sets the word on the tint of its colour. */
export function StatusWord({
  tone,
  word,
  tinted = false,
}: {
  readonly tone: Tone;
  readonly word: string;
  readonly tinted?: boolean;
}) {
  return (
    <span className={styles['word']} data-tone={tone} data-tinted={tinted}>
      <StatusGlyph tone={tone} />
      {word}
    </span>
  );
}
