import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import { METRICS_PREFIX } from '../api/metricsState.ts';
import type { LoadedEditorProps } from './QueryEditor.tsx';
import styles from './QueryEditor.module.css';

/** The PromQL editor: completion from the server, highlighting, and the server's own parse errors underlined. */
export default function PromqlEditor({ label, value, error, focused, onChange, onRun }: LoadedEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun, value });
  useEffect(() => {
    latest.current = { onChange, onRun, value };
  });

  useEffect(() => {
    const promql = new PromQLExtension()
      .activateLinter(false)
      .setComplete({ remote: { url: new URL(METRICS_PREFIX, document.baseURI).href, httpMethod: 'GET' } });
    const editor = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          keymap.of([
            {
              key: 'Mod-Enter',
              run: (running) => {
                closeCompletion(running);
                latest.current.onRun(running.state.doc.toString());
                return true;
              },
            },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          history(),
          closeBrackets(),
          bracketMatching(),
          autocompletion(),
          promql.asExtension(),
          // Marks come from outside: the server finds the mistakes.
          linter(null),
          syntaxHighlighting(COLOURS),
          placeholder('PromQL, such as rate(http_requests_total[5m])'),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, 'data-filter': '' }),
          EditorView.cspNonce.of(
            document.querySelector<HTMLElement>('meta[property=csp-nonce]')?.nonce ?? '',
          ),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    if (focused.current) {
      editor.focus();
      editor.dispatch({ selection: { anchor: editor.state.doc.length } });
    }
    return () => {
      view.current = null;
      editor.destroy();
      promql.destroy();
    };
  }, [label, focused]);

  useEffect(() => {
    const editor = view.current!;
    const length = editor.state.doc.length;
    if (editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current!;
    const marks =
      error === null || error.span.to > editor.state.doc.length
        ? []
        : [{ ...error.span, severity: 'error' as const, message: error.message }];
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [error]);

  return <div ref={place} className={styles['editor']} />;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.function(tags.variableName), tags.operatorKeyword, tags.keyword], color: 'var(--accent)' },
  { tag: [tags.string, tags.number], color: 'var(--ok-text)' },
  { tag: tags.labelName, color: 'var(--warn-text)' },
  { tag: tags.comment, color: 'var(--ink-3)' },
]);
