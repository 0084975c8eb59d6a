import { lazy, Suspense, useRef, type RefObject } from 'react';
import type { ErrorSpan } from './errorSpan.ts';
import styles from './QueryEditor.module.css';

export interface QueryEditorProps {
  readonly label: string;
  readonly value: string;
  /** Where the server found a mistake in this very text. */
  readonly error: { readonly span: ErrorSpan; readonly message: string } | null;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
}

export interface LoadedEditorProps extends QueryEditorProps {
  /** True while the plain field has the focus, which the editor then takes over. */
  readonly focused: RefObject<boolean>;
}

const PromqlEditor = lazy(() => import('./PromqlEditor.tsx'));

/** The editor of a query. A plain field takes the typing until the editor itself has come. */
export function QueryEditor(props: QueryEditorProps) {
  const { label, value, onChange, onRun } = props;
  const focused = useRef(false);
  return (
    <Suspense
      fallback={
        <textarea
          className={styles['plain']}
          aria-label={label}
          value={value}
          rows={1}
          spellCheck={false}
          onFocus={() => (focused.current = true)}
          onBlur={() => (focused.current = false)}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onRun(value);
          }}
        />
      }
    >
      <PromqlEditor {...props} focused={focused} />
    </Suspense>
  );
}
