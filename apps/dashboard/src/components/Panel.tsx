import { Component, type ReactNode } from 'react';
import { Button } from './Button.tsx';
import styles from './Panel.module.css';

/** A part of a page with a heading of its own. An error inside it stays inside it. */
export function Panel({
  title,
  aside,
  flush = false,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  /** Content reaches the borders (tables, charts). */
  readonly flush?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles['panel']} aria-label={title}>
      <header className={styles['head']}>
        <h2>{title}</h2>
        {aside !== undefined && <div className={styles['aside']}>{aside}</div>}
      </header>
      <div className={styles['body']} data-flush={flush}>
        <PanelBoundary>{children}</PanelBoundary>
      </div>
    </section>
  );
}

/** Keeps a defect in one part from blanking the page. */
export class PanelBoundary extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | null }
> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className={styles['broken']} role="alert">
        <p>This part of the page failed to draw. The rest works on.</p>
        <pre>{error.message}</pre>
        <Button icon="refresh" onClick={() => this.setState({ error: null })}>
          Retry
        </Button>
      </div>
    );
  }
}
