import { CommandLineError, HELP, runCommand } from './deadLetterCommands.ts';

const args = process.argv.slice(2);
if (args.length === 0 || args.includes('--help')) process.stdout.write(HELP);
else {
  try {
    await runCommand(args, (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof CommandLineError ? 2 : 1;
  }
}
