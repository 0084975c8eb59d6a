import type { KeyboardEventHandler } from 'react';
import { Icon } from './Icon.tsx';
import styles from './SearchField.module.css';

/** The one box that narrows what a page lists. The key `/` goes to it. */
export function SearchField({
  label,
  value,
  placeholder,
  title,
  maxLength,
  onChange,
  onKeyDown,
}: {
  /** Its name for those who do not see the magnifying glass. */
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly title?: string;
  readonly maxLength?: number;
  readonly onChange: (value: string) => void;
  readonly onKeyDown?: KeyboardEventHandler;
}) {
  return (
    <label className={styles['box']}>
      <Icon name="search" />
      <span className="visuallyHidden">{label}</span>
      <input
        data-filter=""
        value={value}
        placeholder={placeholder}
        title={title}
        spellCheck={false}
        autoComplete="off"
        maxLength={maxLength}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </label>
  );
}
