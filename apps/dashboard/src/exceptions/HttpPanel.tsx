import { useState } from 'react';
import type { HttpContext } from '../api/types.ts';
import { copyText, CopyButton } from '../components/CopyButton.tsx';
import { Panel } from '../components/Panel.tsx';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { announce } from './actions.ts';
import { curlCommand } from './curl.ts';
import { isSecretName, REDACTED, redactBody, redactUrl } from './redact.ts';
import styles from './HttpPanel.module.css';

/** Larger bodies are cut on the screen, not in the command. */
const SHOWN_BODY_CHARACTERS = 16_384;

/** The request during which it happened, and a command that sends it again. Secrets are hidden until asked for. */
export function HttpPanel({ http }: { readonly http: HttpContext }) {
  const [withSecrets, setWithSecrets] = useState(false);
  const command = curlCommand(http, { withSecrets });
  const hides = command !== curlCommand(http, { withSecrets: !withSecrets });
  useShortcuts([
    {
      keys: 'y c',
      label: 'Copy as curl',
      run: () =>
        void copyText(command).then((copied) =>
          announce(copied ? 'curl command copied' : 'The browser refused to copy', { failed: !copied }),
        ),
    },
  ]);
  const body =
    http.body === null || http.body === '' ? null : withSecrets ? http.body : redactBody(http.body);
  const headers = Object.entries(http.headers ?? {});
  return (
    <Panel
      title="HTTP request"
      flush
      aside={
        <>
          {hides && (
            <label className={styles['secrets']}>
              <input
                type="checkbox"
                checked={withSecrets}
                onChange={(event) => setWithSecrets(event.target.checked)}
              />
              Show secrets
            </label>
          )}
          <CopyButton look="plain" label="Copy as curl" text={command} hint="y c" />
        </>
      }
    >
      <p className={styles['line']}>
        <b>{http.method}</b> {withSecrets ? http.url : redactUrl(http.url)}
      </p>
      {headers.length > 0 && (
        <dl className={styles['headers']} aria-label="Headers">
          {headers.map(([name, value]) => {
            const hidden = !withSecrets && isSecretName(name);
            return (
              <div key={name}>
                <dt>{name}</dt>
                <dd data-hidden={hidden}>{hidden ? REDACTED : value}</dd>
              </div>
            );
          })}
        </dl>
      )}
      {body !== null && (
        <figure className={styles['body']}>
          <figcaption>Body</figcaption>
          <pre tabIndex={0} aria-label="Request body">
            {body.slice(0, SHOWN_BODY_CHARACTERS)}
          </pre>
          {body.length > SHOWN_BODY_CHARACTERS && <p>Cut after 16 kB; the curl command has all of it.</p>}
        </figure>
      )}
    </Panel>
  );
}
