import type { ButtonHTMLAttributes, Ref } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Button.module.css';

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly icon?: IconName;
  /** `primary` for the one thing to do, `quiet` without a border. */
  readonly look?: 'primary' | 'plain' | 'quiet';
  /** A key that does the same. */
  readonly hint?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
};

export function Button({ icon, look = 'plain', hint, children, className, ...rest }: Props) {
  const onlyIcon = children === undefined;
  return (
    <button
      type="button"
      {...rest}
      className={[styles['button'], className].filter(Boolean).join(' ')}
      data-look={look}
      data-only-icon={onlyIcon}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
      {hint !== undefined && (
        <kbd className={styles['hint']} aria-hidden="true">
          {hint}
        </kbd>
      )}
    </button>
  );
}
