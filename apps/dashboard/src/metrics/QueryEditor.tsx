import { lazy, Suspense } from 'react';
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

const PromqlEditor = lazy(() => import('./PromqlEditor.tsx'));

/** The editor of a query. A plain field takes the typing until the editor itself has come. */
export function QueryEditor(props: QueryEditorProps) {
  const { label, value, onChange, onRun } = props;
  return (
    <Suspense
      fallback={
        <textarea
          className={styles['plain']}
          aria-label={label}
          value={value}
          rows={1}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onRun(value);
          }}
        />
      }
    >
      <PromqlEditor {...props} />
    </Suspense>
  );
}
