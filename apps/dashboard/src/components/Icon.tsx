import spriteUrl from './icons.svg?url&no-inline';
import styles from './Icon.module.css';

export type IconName =
  | 'overview' | 'services' | 'exceptions' | 'events' | 'targets' | 'help' | 'clock' | 'refresh' | 'share' | 'command'
  | 'menu' | 'close' | 'check' | 'chevron-down' | 'chevron-left' | 'chevron-right' | 'search' | 'settings' | 'copy'
  | 'undo' | 'mute' | 'resolve' | 'external' | 'zoom-out' | 'freeze' | 'table' | 'binnacle'
  | 'metrics' | 'status' | 'play' | 'plus' | 'download'; // prettier-ignore

/** A drawing of the sprite, 16 px. It is decoration: the control it stands in carries the name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className={styles['icon']} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <use href={`${spriteUrl}#${name}`} />
    </svg>
  );
}
