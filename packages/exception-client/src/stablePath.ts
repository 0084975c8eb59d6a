/** Gives the path of a frame's URL or file name that is the same in every deployment of the same code. */
export type StablePath = (url: string) => string;

/** The path of a script's URL, without origin, query and the hash that bundlers put into file names. */
export const urlPath: StablePath = (url) =>
  url
    .replace(/^[a-z][\w+.-]+:\/\/[^/]*\/?/i, '')
    .replace(/[?#].*$/, '')
    .replace(BUILD_HASH, '');

// index-4f9ac21b.js, index-BX3k_9aZ.js.
const BUILD_HASH = /[-.](?:(?=[0-9a-f]*\d)[0-9a-f]{8,64}|(?=[\w-]*[\dA-Z])[\w-]{8})(?=\.\w+$)/;

/** Paths of files relative to `root`, an absolute folder; `urlPath` for what is no file. */
export function pathsFrom(root: string): StablePath {
  const from = segmentsOf(root);
  return (url) => {
    const isFileUrl = url.startsWith('file://');
    if (!isFileUrl && !/^(?:\/|[A-Za-z]:[\\/])/.test(url)) return urlPath(url);
    const to = segmentsOf(isFileUrl ? decoded(url.slice(7).replace(/[?#].*$/, '')) : url);
    let shared = 0;
    while (shared < from.length && from[shared] === to[shared]) shared++;
    const path = '../'.repeat(from.length - shared) + to.slice(shared).join('/');
    return path.replace(BUILD_HASH, '');
  };
}

/** `C:\a\b` and `/c:/a/b` have the same segments. */
function segmentsOf(path: string): string[] {
  const segments = path.split(/[\\/]/).filter(Boolean);
  return segments.map((segment, index) =>
    index === 0 && segment.endsWith(':') ? segment.toLowerCase() : segment,
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
