import { useState } from 'react';
import { Button } from '../components/Button.tsx';
import { plural } from '../time/format.ts';
import { groupFrames, readFrames, type Frame, type FrameGroup } from './frames.ts';
import styles from './StackTrace.module.css';

/** A stack trace: the service's own frames in full, runs of framework frames folded to one line. */
export function StackTrace({
  stacktrace,
  showAll = false,
}: {
  readonly stacktrace: readonly string[] | null;
  /** Nothing is folded. */
  readonly showAll?: boolean;
}) {
  if (stacktrace === null || stacktrace.length === 0) {
    return <p className={styles['none']}>The client sent no stack trace.</p>;
  }
  return (
    <ol className={styles['trace']} aria-label="Stack trace">
      {groupFrames(readFrames(stacktrace)).map((group, index) => (
        <Group key={index} group={group} showAll={showAll} />
      ))}
    </ol>
  );
}

function Group({ group, showAll }: { readonly group: FrameGroup; readonly showAll: boolean }) {
  const [open, setOpen] = useState(false);
  if (group.kind !== 'framework' || showAll || open) {
    return group.frames.map((frame, index) => <FrameLine key={index} frame={frame} kind={group.kind} />);
  }
  return (
    <li className={styles['folded']}>
      <Button look="quiet" icon="chevron-right" aria-expanded={false} onClick={() => setOpen(true)}>
        {plural(group.frames.length, 'framework frame')}
      </Button>
    </li>
  );
}

function FrameLine({ frame, kind }: { readonly frame: Frame; readonly kind: Frame['kind'] }) {
  return (
    <li className={styles['frame']} data-kind={kind}>
      {frame.lines.map((line, index) => (
        <span key={index}>{line}</span>
      ))}
    </li>
  );
}
