import { readEvents, type EventSelection } from '../api/eventApi.ts';

export const MOST_EXPORTED = 50_000;
const PAGE = 1_000;

/** Reads what a selection holds from its beginning, as lines of JSON; at most `MOST_EXPORTED` of them. */
export async function collectEvents(
  selection: EventSelection,
  onProgress: (count: number) => void,
): Promise<{ lines: string[]; isCut: boolean }> {
  const lines: string[] = [];
  let after: number | null = null;
  for (;;) {
    const page = await readEvents({
      ...selection,
      order: 'asc',
      limit: Math.min(PAGE, MOST_EXPORTED - lines.length),
      ...(after === null ? {} : { after }),
    });
    for (const { event } of page.events) lines.push(`${JSON.stringify(event)}\n`);
    onProgress(lines.length);
    const goesOn = page.partial || page.events.length === PAGE || lines.length === MOST_EXPORTED;
    if (!goesOn || page.nextAfter === null || page.nextAfter === after) return { lines, isCut: false };
    if (lines.length === MOST_EXPORTED) return { lines, isCut: true };
    after = page.nextAfter;
  }
}
