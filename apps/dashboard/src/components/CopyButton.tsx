import { useEffect, useState } from 'react';
import { Button } from './Button.tsx';

/** Copies text and says so in its own label for two seconds. */
export function CopyButton({
  text,
  label,
  look = 'quiet',
  hint,
}: {
  readonly text: string | (() => string);
  readonly label: string;
  readonly look?: 'plain' | 'quiet';
  readonly hint?: string;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return undefined;
    const timer = setTimeout(() => setState('idle'), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    setState((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'failed');
  };
  return (
    <Button
      look={look}
      icon={state === 'copied' ? 'check' : 'copy'}
      onClick={() => void copy()}
      hint={hint}
      aria-live="polite"
    >
      {state === 'idle' ? label : state === 'copied' ? 'Copied' : 'Copying was refused'}
    </Button>
  );
}

/** Puts text on the clipboard, also where the page came over plain HTTP. False when the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  return copied;
}
