/** One entry of a stack trace: a call frame, or text that stands between frames (headers, messages). */
export interface Frame {
  /** The lines of the trace that belong to this entry, verbatim. */
  readonly lines: readonly string[];
  readonly kind: 'in-app' | 'framework' | 'text';
  readonly call: string | null;
  /** `file:line`, as the trace spells it. */
  readonly location: string | null;
}

/** Neighbouring frames of one kind. Framework groups are folded on the screen. */
export interface FrameGroup {
  readonly kind: Frame['kind'];
  readonly frames: readonly Frame[];
}

/**
 * Reads a stack trace of V8, SpiderMonkey, Python, Go, the JVM or Ruby. Lines that fit none of them are text; nothing
 * is dropped, and joining all `lines` gives the trace back.
 */
export function readFrames(stacktrace: readonly string[]): Frame[] {
  const lines = stacktrace.flatMap((line) => line.split('\n'));
  const frames: Frame[] = [];
  for (let index = 0; index < lines.length;) {
    const frame = readFrame(lines, index);
    frames.push(frame);
    index += frame.lines.length;
  }
  return frames;
}

/** Groups neighbours of one kind. A trace without any in-app frame is shown whole: its frames count as in-app. */
export function groupFrames(frames: readonly Frame[]): FrameGroup[] {
  const allFramework = !frames.some((frame) => frame.kind === 'in-app');
  const groups: { kind: Frame['kind']; frames: Frame[] }[] = [];
  for (const frame of frames) {
    const kind = allFramework && frame.kind === 'framework' ? 'in-app' : frame.kind;
    const last = groups.at(-1);
    if (last?.kind === kind) last.frames.push(frame);
    else groups.push({ kind, frames: [frame] });
  }
  return groups;
}

const V8 =
  /^\s*at (?:(.+?) \()?((?:file:\/\/|node:|https?:\/\/|[A-Za-z]:[\\/])?[^()]*?:\d+(?::\d+)?|<anonymous>|native)\)?$/;
const SPIDERMONKEY = /^([^@\s]*)@(.+:\d+:\d+)$/;
const PYTHON = /^\s*File "(.+)", line (\d+)(?:, in (.+))?$/;
const PYTHON_CONTINUATION = /^\s{4,}\S/;
const GO_FILE = /^\s*(\/?\S*\.(?:go|s):\d+)(?: \+0x[0-9a-f]+)?$/;
const JVM = /^\s*(?:at )?((?:[\w$-]+[./])+(?:<?[\w$]+>?))\(([^()]*)\)(?: ~?\[.*\])?$/;
const RUBY = /^\s*(?:from )?(.+\.rb:\d+)(?::in [`'](.+)')?$/;

function readFrame(lines: readonly string[], index: number): Frame {
  const line = lines[index]!;
  const jvm = JVM.exec(line);
  if (
    jvm !== null &&
    /^(?:Native Method|Unknown Source|[^:]+\.(?:java|scala|kt|groovy|clj)(?::\d+)?)$/.test(jvm[2]!)
  ) {
    return frame([line], jvm[1]!, jvm[2]!, JVM_FRAMEWORK.test(jvm[1]!));
  }
  const v8 = V8.exec(line);
  if (v8 !== null) return frame([line], v8[1] ?? null, v8[2]!, isFrameworkFile(v8[2]!));
  const spiderMonkey = SPIDERMONKEY.exec(line);
  if (spiderMonkey !== null) {
    return frame([line], spiderMonkey[1] || null, spiderMonkey[2]!, isFrameworkFile(spiderMonkey[2]!));
  }
  const python = PYTHON.exec(line);
  if (python !== null) {
    let end = index + 1;
    while (end < lines.length && PYTHON_CONTINUATION.test(lines[end]!) && !PYTHON.test(lines[end]!)) end += 1;
    const location = `${python[1]}:${python[2]}`;
    return frame(lines.slice(index, end), python[3] ?? null, location, isFrameworkFile(location));
  }
  const go = GO_FILE.exec(line);
  if (go !== null) {
    const call = lines[index + 1]?.startsWith('\t') === true ? lines[index + 1]! : null;
    return frame(
      call === null ? [line] : [line, call],
      call?.trim() ?? null,
      go[1]!,
      isFrameworkFile(go[1]!),
    );
  }
  const ruby = RUBY.exec(line);
  if (ruby !== null) return frame([line], ruby[2] ?? null, ruby[1]!, isFrameworkFile(ruby[1]!));
  return { lines: [line], kind: 'text', call: null, location: null };
}

function frame(lines: readonly string[], call: string | null, location: string, framework: boolean): Frame {
  return { lines, kind: framework ? 'framework' : 'in-app', call, location };
}

const JVM_FRAMEWORK =
  /^(?:java|javax|jdk|sun|com\.sun|scala|kotlin|kotlinx|akka|org\.apache|org\.springframework|io\.netty|com\.twitter\.(?:finagle|util)|org\.eclipse\.jetty|reactor)\./;

const FRAMEWORK_FILES = [
  /(?:^|[\\/])node_modules[\\/]/,
  /^node:|^internal\/|^<anonymous>$|^native$/,
  /(?:^|[\\/])(?:site-packages|dist-packages)[\\/]/,
  /(?:^|[\\/])lib[\\/]python\d[^\\/]*[\\/]|^<frozen /,
  /(?:^|[\\/])pkg[\\/]mod[\\/]|(?:^|[\\/])(?:go|go-\d[^\\/]*)[\\/]src[\\/](?!github\.com|[^\\/]+\.[a-z]+[\\/])/,
  /(?:^|[\\/])(?:runtime|net[\\/]http)[\\/][\w-]+\.(?:go|s):/,
  /(?:^|[\\/])gems[\\/]|(?:^|[\\/])lib[\\/]ruby[\\/]/,
  /(?:^|[\\/])json[\\/]decoder\.py:/,
];

function isFrameworkFile(location: string): boolean {
  return FRAMEWORK_FILES.some((pattern) => pattern.test(location));
}
