import { StatusGlyph } from '../components/StatusGlyph.tsx';
import styles from './EventGlyph.module.css';
import { toneOf } from './platformEvents.ts';

/** The shape of an event's type: a state's own shape, a diamond for a deploy, a dot for anything else. */
export function EventGlyph({ type }: { readonly type: string }) {
  const tone = toneOf(type);
  if (tone !== null) return <StatusGlyph tone={tone} />;
  return (
    <i className={styles['glyph']} aria-hidden="true">
      {type.startsWith('deploy.') ? '◆' : '·'}
    </i>
  );
}
