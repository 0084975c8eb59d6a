/**
 * Periskop's command line in our words: `-port` and `-config`, or PORT and CONFIG_FILE in the environment.
 * Periskop listens on every interface, so its port does too.
 */
export function withPeriskopFlags(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const translated: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const match = /^--?(port|config)(?:=(.*))?$/s.exec(argv[i]!);
    if (match === null) translated.push(argv[i]!);
    else translated.push(ours(match[1]!, match[2] ?? argv[++i] ?? ''));
  }
  const has = (name: string): boolean =>
    translated.some((argument) => argument.replace(/^-+/, '').startsWith(name));
  const { PORT, CONFIG_FILE } = environment;
  if (PORT !== undefined && PORT !== '' && !has('web.listen-address')) translated.push(ours('port', PORT));
  if (CONFIG_FILE !== undefined && CONFIG_FILE !== '' && !has('config.file'))
    translated.push(ours('config', CONFIG_FILE));
  return translated;
}

function ours(name: string, value: string): string {
  return name === 'port' ? `--web.listen-address=:${value}` : `--config.file=${value}`;
}
