/** What is hidden unless an application says otherwise: credentials, sessions, signatures and one-time codes. */
export const DEFAULT_REDACTED_NAMES: readonly (string | RegExp)[] = [
  /auth(?!or(?!i))|cookie|token|secret|passw|passphrase|credential|signature|session|sessid|jwt|csrf|xsrf|nonce/i,
  /(?:api|access|private|client|account|subscription)[-_]?key/i,
  /^(?:key|code|sig|sid|pass|pwd|pin|otp|state)$/i,
];

const REDACTED = '[redacted]';

/** Hides values by their name. Remembers its answers for names, whose number is small in any application. */
export class Redactor {
  readonly #names: readonly (string | RegExp)[];
  readonly #known = new Map<string, boolean>();

  constructor(names: readonly (string | RegExp)[]) {
    this.#names = names.map((name) => (typeof name === 'string' ? name.toLowerCase() : name));
  }

  isHidden(name: string): boolean {
    let hidden = this.#known.get(name);
    if (hidden === undefined) {
      hidden = this.#names.some((hide) =>
        typeof hide === 'string' ? hide === name.toLowerCase() : name.search(hide) !== -1,
      );
      if (this.#known.size >= MAX_KNOWN_NAMES) this.#known.clear();
      this.#known.set(name, hidden);
    }
    return hidden;
  }

  /** The value of a header: hidden by its name, or a URL without its hidden parameters. */
  field(name: string, value: string): string {
    if (this.isHidden(name)) return REDACTED;
    return /:\/\/|\?/.test(value) ? this.url(value) : value;
  }

  /** A URL with hidden parameters of its query and fragment, and any password, replaced. */
  url(url: string): string {
    if (this.#names.length === 0) return url;
    const withoutUser = url.replace(/^([a-z][\w+.-]*:\/\/)[^/?#@]*@/i, `$1${REDACTED}@`);
    const start = withoutUser.search(/[?#]/);
    if (start === -1) return withoutUser;
    return withoutUser.slice(0, start) + this.pairs(withoutUser.slice(start));
  }

  /** `name=value` pairs of a query, a fragment or a form. */
  pairs(text: string): string {
    return text.replace(/([^?#&;=]+)=([^&;#]*)/g, (pair, name: string) =>
      this.isHidden(decodedName(name)) ? `${name}=${REDACTED}` : pair,
    );
  }

  /** A request body: fields of JSON, also of JSON that was cut off, and of forms. */
  body(text: string): string {
    if (this.#names.length === 0) return text;
    if (!/^\s*[{[]/.test(text)) return this.pairs(text);
    return text.replace(JSON_FIELD, (field, name: string) =>
      this.isHidden(name) ? `"${name}":"${REDACTED}"` : field,
    );
  }
}

const MAX_KNOWN_NAMES = 1_000;

// A name, a colon, and a string (perhaps cut off), or anything else up to the next comma or bracket.
const JSON_FIELD = /"([^"\\]{1,128})"\s*:\s*(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s",{}[\]]+)/g;

function decodedName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
