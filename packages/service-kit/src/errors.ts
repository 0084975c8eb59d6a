/** Stable codes of everything this package refuses. */
export type ServiceErrorCode =
  | 'FLAG_UNKNOWN'
  | 'FLAG_VALUE_MISSING'
  | 'FLAG_VALUE_INVALID'
  | 'FLAG_REPEATED'
  | 'FLAG_REQUIRED'
  | 'FLAG_UNEXPECTED_ARGUMENT'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_INVALID'
  | 'WEB_CONFIG_NEEDS_RESTART'
  | 'LISTEN_FAILED'
  | 'START_FAILED'
  | 'RELOAD_REFUSED';

/** An error a person caused and can mend: a flag, a config file, a taken port. The message says how. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A refused command line. `runService` prints it and ends with exit code 2. */
export class UsageError extends ServiceError {
  override readonly name = 'UsageError';
}

/** One thing wrong in a configuration file. Lines and columns start at 1. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document, as `scrape_configs[2].static_configs`; empty for the document itself. */
  readonly path: string;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

/** A refused configuration file, with everything that is wrong in it. `runService` ends with exit code 2. */
export class ConfigError extends ServiceError {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('CONFIG_INVALID', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/**
 * An answer a route gives by throwing: `{"error":{"code","message"}}` with this status. Its message is shown
 * to the client, unlike that of any other error.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
  }
}

function formatProblem({ file, line, column, path, message }: ConfigProblem): string {
  const where = `${file}:${line}:${column}: `;
  return path === '' ? where + message : `${where}${path}: ${message}`;
}
