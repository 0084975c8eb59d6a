import type { StablePath } from './stablePath.ts';

/** One call of a stack, reduced to what is the same in every deployment of the same code. */
export interface StackFrame {
  /** Name of the function; empty for an anonymous one. */
  readonly name: string;
  /** Path within the application, or what follows the last `node_modules/`. */
  readonly file: string;
  readonly line: string;
  /** False for code of dependencies. */
  readonly isInApp: boolean;
}

/**
 * The frames of a stack text of V8 (`at f (file:1:2)`) or of Firefox and Safari (`f@file:1:2`). Lines that are
 * no frame, and frames of the runtime itself (`node:`, native functions), are left out.
 */
export function parseStackFrames(text: string, stablePath: StablePath): StackFrame[] {
  return text.split('\n').flatMap((line) => {
    const call = splitLine(line.slice(0, MAX_LINE_LENGTH).trim());
    return call === undefined ? [] : frameOf(...call, stablePath);
  });
}

const MAX_LINE_LENGTH = 1_000;

/** A function's name and its location, as the engine wrote them. */
function splitLine(line: string): [name: string, location: string] | undefined {
  if (line.startsWith('at ')) {
    const call = line.slice(3).replace(/^async /, '');
    const open = call.endsWith(')') ? call.indexOf(' (') : -1;
    return open === -1 ? ['', call] : [call.slice(0, open), call.slice(open + 2, -1)];
  }
  const at = line.indexOf('@');
  // Firefox puts what an asynchronous call came from before the name: `promise callback*f@…`.
  return at === -1 ? ['', line] : [line.slice(0, at).replace(/^.*\*/, ''), line.slice(at + 1)];
}

function frameOf(name: string, location: string, stablePath: StablePath): StackFrame[] {
  const site = evalSite(location);
  const [, url, line] = /^(.+?):(\d+)(?::\d+)?$/.exec(site) ?? [];
  if (url === undefined || line === undefined || /^(?:node:|<anonymous>$)/.test(url)) return [];
  const path = stablePath(url);
  const library = path.lastIndexOf(NODE_MODULES);
  const isInApp = library === -1;
  return [
    {
      name: site === location ? functionName(name) : '',
      file: isInApp ? path : path.slice(library + NODE_MODULES.length),
      line,
      isInApp,
    },
  ];
}

const NODE_MODULES = 'node_modules/';

/** Evaluated code has no file of its own; what can be found again is where the call of `eval` stands. */
function evalSite(location: string): string {
  let site = location.replace(/^(.*?) line (\d+) > (?:eval|Function).*$/, '$1:$2');
  for (let inner: RegExpExecArray | null; (inner = /^eval at .*? \((.*)\)(?:, .*)?$/.exec(site));)
    site = inner[1]!;
  return site;
}

/** Receivers that depend on how a function was called (`Object.`, `Module.`) are no part of its name. */
function functionName(raw: string): string {
  const name = raw.replace(/ \[as .*\]$/, '').replace(/^(?:Object|Module|Function)\./, '');
  return /^anonymous$|<anonymous>$| code$/.test(name) ? '' : name;
}
