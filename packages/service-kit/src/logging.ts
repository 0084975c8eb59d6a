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
  if ((format ?? (isTerminal ? 'pretty' : 'json')) === 'json') return pino(options);
  return pino(options, prettyStream(isTerminal));
}

function prettyStream(colorize: boolean): DestinationStream {
  return PinoPretty({
    colorize,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service,pid,hostname',
  });
}
