const SYMBOLS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', R: '⇧ R', Escape: 'Esc' };

/** The keys of a shortcut, drawn as keys. */
export function KeyNames({ keys }: { readonly keys: string }) {
  return (
    <>
      {keys.split(' ').map((key, index) => (
        <kbd key={index}>{SYMBOLS[key] ?? key}</kbd>
      ))}
    </>
  );
}
