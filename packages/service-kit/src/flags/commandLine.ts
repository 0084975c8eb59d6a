import { commonFlags, type CommonFlagDefaults, type CommonFlagValues } from './commonFlags.ts';
import type { FlagDefinitions, FlagValues } from './flagDefinitions.ts';
import { flagHelp } from './flagHelp.ts';
import { parseFlags } from './parseFlags.ts';

/** What of a service decides how its command line reads. */
export interface CommandLineSubject<F extends FlagDefinitions> {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly defaultPort: number;
  readonly flags: F;
  readonly commonFlagDefaults?: CommonFlagDefaults;
  /** Present when the service has a configuration file. */
  readonly configSchema?: unknown;
}

/** A command line as read: run with these values, or print this text and end. */
export type CommandLine<F extends FlagDefinitions> =
  | { readonly kind: 'run'; readonly flags: FlagValues<F> & CommonFlagValues }
  | { readonly kind: 'print'; readonly text: string };

/** Reads a service's command line, own and common flags together. Throws UsageError. */
export function readCommandLine<F extends FlagDefinitions>(
  subject: CommandLineSubject<F>,
  argv: readonly string[],
): CommandLine<F> {
  const { 'config.file': configFile, ...others } = commonFlags(
    subject.defaultPort,
    subject.commonFlagDefaults,
  );
  const definitions: FlagDefinitions = {
    ...(subject.configSchema === undefined ? {} : { 'config.file': configFile }),
    ...subject.flags,
    ...others,
  };
  const parsed = parseFlags(definitions, argv);
  switch (parsed.kind) {
    case 'help':
      return { kind: 'print', text: flagHelp(subject, definitions) };
    case 'version':
      return { kind: 'print', text: `${subject.name} ${subject.version}\n` };
    case 'run':
      return {
        kind: 'run',
        flags: { 'config.file': '', ...parsed.values } as FlagValues<F> & CommonFlagValues,
      };
  }
}
