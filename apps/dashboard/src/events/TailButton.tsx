import { Button } from '../components/Button.tsx';
import { StatusGlyph, type Tone } from '../components/StatusGlyph.tsx';
import type { TailState } from './useLiveEvents.ts';

const TONES: Record<TailState, Tone> = { off: 'unknown', connecting: 'unknown', live: 'ok', lost: 'warn' };
const WORDS: Record<TailState, string> = {
  off: 'Live tail',
  connecting: 'Connecting…',
  live: 'Live, stop',
  lost: 'Connection lost, stop',
};

/** Starts and stops the live tail, and says how it is. */
export function TailButton({
  state,
  on,
  onChange,
}: {
  readonly state: TailState;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}) {
  return (
    <Button hint="l" aria-pressed={on} onClick={() => onChange(!on)}>
      <StatusGlyph tone={TONES[on ? state : 'off']} />
      {on && state === 'off' ? WORDS.connecting : WORDS[state]}
    </Button>
  );
}
