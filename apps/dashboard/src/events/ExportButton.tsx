import { useState } from 'react';
import type { EventSelection } from '../api/eventApi.ts';
import { Button } from '../components/Button.tsx';
import { formatCount } from '../time/format.ts';
import { collectEvents, MOST_EXPORTED } from './collectEvents.ts';

/** Saves the events that the filter and the window select, one JSON object a line. */
export function ExportButton({
  stream,
  selection,
}: {
  readonly stream: string;
  readonly selection: EventSelection | undefined;
}) {
  const [progress, setProgress] = useState<number | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const run = async (wanted: EventSelection): Promise<void> => {
    setNote(null);
    setProgress(0);
    try {
      const { lines, isCut } = await collectEvents(wanted, setProgress);
      save(lines, `${stream.replaceAll(/[^\w.-]/g, '_')}.jsonl`);
      if (isCut) setNote(`Cut at ${formatCount(MOST_EXPORTED)} events`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setNote(`Export failed: ${error.message}`);
    } finally {
      setProgress(null);
    }
  };
  return (
    <>
      {note !== null && <span role="status">{note}</span>}
      <Button
        icon="external"
        disabled={selection === undefined || progress !== null}
        onClick={() => selection !== undefined && void run(selection)}
      >
        {progress === null ? 'Export JSONL' : `${formatCount(progress)} events…`}
      </Button>
    </>
  );
}

function save(lines: readonly string[], name: string): void {
  const url = URL.createObjectURL(new Blob([...lines], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
