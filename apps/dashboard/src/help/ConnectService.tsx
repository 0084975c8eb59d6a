import { useState } from 'react';
import { EXCEPTIONS_BASE } from '../api/exceptionApi.ts';
import { CopyButton } from '../components/CopyButton.tsx';
import { exampleExport, NODE_SNIPPET, TARGET_SNIPPET } from './snippets.ts';
import { shellQuote } from '../exceptions/curl.ts';
import styles from './ConnectService.module.css';

/** How a service comes to report its exceptions, and a command that makes a first one. */
export function ConnectService() {
  const [curl] = useState(pushCommand);
  return (
    <div className={styles['snippets']}>
      <Snippet title="In the service (Node)" code={NODE_SNIPPET} />
      <Snippet title="In the configuration of exception-server" code={TARGET_SNIPPET} />
      <Snippet title="Or send a test exception now" code={curl} />
    </div>
  );
}

function pushCommand(): string {
  const url = new URL(`${EXCEPTIONS_BASE}/api/v1/push?service=demo`, document.baseURI).href;
  const example = exampleExport(new Date(), crypto.getRandomValues(new Uint8Array(16)));
  return `curl --json ${shellQuote(JSON.stringify(example))} \\\n  ${shellQuote(url)}`;
}

/** A piece of text to copy, with its name. */
export function Snippet({ title, code }: { readonly title: string; readonly code: string }) {
  return (
    <figure className={styles['snippet']}>
      <figcaption>
        {title}
        <CopyButton text={code} label="Copy" />
      </figcaption>
      <pre tabIndex={0} aria-label={title}>
        {code}
      </pre>
    </figure>
  );
}
