/** One call of a stack, reduced to what is the same in every deployment of the same code. */
export interface StackFrame {
  /** Name of the function; empty for an anonymous one. */
  readonly name: string;
  /** Path relative to the application's root, or what follows the last `node_modules/`. */
  readonly file: string;
  readonly line: string;
  /** False for code of dependencies. */
  readonly isInApp: boolean;
}

/**
 * The frames of a stack text of V8 (`at f (file:1:2)`) or of Firefox and Safari (`f@file:1:2`). Lines that are
 * no frame, or a frame of the runtime itself (`node:`, native functions), are left out. `root` is the absolute
 * folder that paths become relative to, with `/` between segments.
 */
export function parseStackFrames(text: string, root: string | undefined): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of text.split('\n')) {
    const call = splitLine(line.slice(0, MAX_LINE_LENGTH).trim());
    if (call === undefined) continue;
    const frame = normalise(call.name, call.location, root);
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

const MAX_LINE_LENGTH = 1_000;

function splitLine(line: string): { name: string; location: string } | undefined {
  if (line.startsWith('at ')) {
    const call = line.slice(3).replace(/^async /, '');
    const open = call.endsWith(')') ? call.indexOf(' (') : -1;
    return open === -1
      ? { name: '', location: call }
      : { name: call.slice(0, open), location: call.slice(open + 2, -1) };
  }
  const at = line.indexOf('@');
  if (at !== -1) return { name: line.slice(0, at).replace(/^.*\*/, ''), location: line.slice(at + 1) };
  return /^\S+:\d+:\d+$/.test(line) ? { name: '', location: line } : undefined;
}

function normalise(rawName: string, rawLocation: string, root: string | undefined): StackFrame | undefined {
  const isEval = /^eval at | > eval/.test(rawLocation);
  const [, url, line] = /^(.+?):(\d+)(?::\d+)?$/.exec(evalSite(rawLocation)) ?? [];
  if (url === undefined || line === undefined || url.startsWith('node:') || url === '<anonymous>')
    return undefined;
  const path = stablePath(url, root);
  const library = path.lastIndexOf('node_modules/');
  return {
    name: isEval ? '' : functionName(rawName),
    file: library === -1 ? path : path.slice(library + 'node_modules/'.length),
    line,
    isInApp: library === -1,
  };
}

/** Evaluated code has no file of its own; what can be found again is where the call of `eval` stands. */
function evalSite(location: string): string {
  const firefox = /^(.*?) line (\d+) > eval/.exec(location);
  if (firefox !== null) return `${firefox[1]}:${firefox[2]}`;
  let site = location;
  for (let depth = 0; depth < 5 && site.startsWith('eval at '); depth++) {
    const inner = /^eval at .*? \((.*)\), .*?:\d+:\d+$/.exec(site);
    if (inner === null) break;
    site = inner[1]!;
  }
  return site;
}

/** Receivers that depend on how a function was called (`Object.`, `Module.`) are no part of its name. */
function functionName(raw: string): string {
  const name = raw.replace(/ \[as .*\]$/, '').replace(/^(?:Object|Module|Function)\./, '');
  return /^(?:anonymous|global code|module code|eval code|(?:.*\.)?<anonymous>)$/.test(name) ? '' : name;
}

/** A file's path without what changes from one deployment to the next: root, origin, query and build hash. */
function stablePath(url: string, root: string | undefined): string {
  const scheme = /^([a-z][\w+.-]+):\/\/[^/]*/i.exec(url);
  const path =
    scheme === null ? posixPath(url) : posixPath(decoded(url.slice(scheme[0].length).replace(/[?#].*$/, '')));
  const isLocal = scheme === null || scheme[1] === 'file';
  return (isLocal && root !== undefined ? relativeTo(root, path) : path.replace(/^\/+/, '')).replace(
    BUILD_HASH,
    '',
  );
}

// Bundlers name files like index-4f9ac21b.js or index-BX3k_9aZ.js; the name changes with every build.
const BUILD_HASH = /[-.](?:(?=[0-9a-f]*\d)[0-9a-f]{8,64}|(?=[\w-]*[\dA-Z])[\w-]{8})(?=\.\w+$)/;

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `C:\a\b` and `/C:/a/b` become `/c:/a/b`. */
function posixPath(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/^\/?([A-Za-z]):\//, (_, drive: string) => `/${drive.toLowerCase()}:/`);
}

/** Like `path.relative`, so that a file beside the root is found under the same `../` in every deployment. */
function relativeTo(root: string, path: string): string {
  if (!path.startsWith('/')) return path;
  const from = posixPath(root).split('/').filter(Boolean);
  const to = path.split('/').filter(Boolean);
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared++;
  return '../'.repeat(from.length - shared) + to.slice(shared).join('/');
}
