import { writeSync } from 'node:fs';
import { pino, type DestinationStream, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export interface LoggingOptions {
  readonly service: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Undefined: for a person on a terminal, else JSON. */
  readonly format: 'json' | 'pretty' | undefined;
}

/** The program's log: lines on standard output with an ISO time, the level's name and the service. */
export function createLogger({ service, level, format }: LoggingOptions): Logger {
  const isTerminal = process.stdout.isTTY === true;
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if ((format ?? (isTerminal ? 'pretty' : 'json')) === 'json') return pino(options, standardOutput());
  return pino(options, prettyStream(isTerminal));
}

/** How long a line waits for a reader that is slow; then it is left out. */
const MAX_WAIT_MS = 1_000;

/**
 * Standard output, a line at a time. Once nobody reads it any more the program goes on without a log; pino's own
 * destination waits for such a reader for ever when the process ends.
 */
function standardOutput(): DestinationStream {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let isClosed = false;
  return {
    write(line) {
      const bytes = Buffer.from(line);
      const deadline = Date.now() + MAX_WAIT_MS;
      for (let at = 0; at < bytes.length && !isClosed;) {
        try {
          at += writeSync(process.stdout.fd, bytes, at);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') isClosed = true;
          else if (Date.now() > deadline) return;
          else Atomics.wait(pause, 0, 0, 5);
        }
      }
    },
  };
}

function prettyStream(colorize: boolean): DestinationStream {
  return PinoPretty({
    colorize,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service,pid,hostname',
  });
}
