import { SIGNALS, SYSTEM } from '../shell/navigation.ts';

/** Every shortcut of the app, for reading. What is in force on a page, `?` shows. */
export const SHORTCUT_HELP: readonly {
  readonly group: string;
  readonly shortcuts: readonly (readonly [string, string])[];
}[] = [
  {
    group: 'Anywhere',
    shortcuts: [
      ['Ctrl K', 'Command palette'],
      ['?', 'Shortcuts of this page'],
      ['/', 'Focus the filter'],
      ['r', 'Refresh'],
      ['R', 'Next refresh interval'],
      ['z', 'Undo the last action'],
      ['y l', 'Copy link, with the time range frozen'],
      ['Escape', 'Close'],
    ],
  },
  {
    group: 'Go to',
    shortcuts: [...SIGNALS, ...SYSTEM].map(({ key, label }) => [`g ${key}`, label] as const),
  },
  {
    group: 'Time',
    shortcuts: [
      ['t p', 'Choose time range'],
      ['t ArrowLeft', 'Earlier'],
      ['t ArrowRight', 'Later'],
      ['t z', 'Zoom out'],
      ['t f', 'Freeze the window'],
    ],
  },
  {
    group: 'List of exceptions',
    shortcuts: [
      ['j', 'Next row'],
      ['k', 'Previous row'],
      ['Enter', 'Open (also o)'],
      ['x', 'Select'],
      ['e', 'Resolve, or reopen'],
      ['s', 'Mute'],
    ],
  },
  {
    group: 'One exception',
    shortcuts: [
      ['[', 'Newer occurrence'],
      [']', 'Older occurrence'],
      ['y c', 'Copy the request as curl'],
      ['e', 'Resolve or reopen this one'],
      ['s', 'Mute this one'],
    ],
  },
  {
    group: 'One stream of events',
    shortcuts: [
      ['j', 'Newer event'],
      ['k', 'Older event'],
      ['l', 'Live tail on or off'],
    ],
  },
  {
    group: 'Queries of metrics',
    shortcuts: [
      ['Ctrl Enter', 'Run the query'],
      ['Ctrl Space', 'Complete'],
      ['y q', 'Copy the PromQL of the first query'],
    ],
  },
  {
    group: 'On a graph',
    shortcuts: [
      ['ArrowLeft', 'Move the cursor left'],
      ['ArrowRight', 'Move the cursor right; with Shift, select'],
      ['Enter', 'Zoom to the selection'],
    ],
  },
];
