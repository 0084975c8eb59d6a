import { COMPONENTS, type ComponentName } from '@binnacle/testing';

/** One message for each component that `BINNACLE_REQUIRE` lists and this machine lacks, or that nobody knows. */
export function missingRequired(
  present: ReadonlySet<ComponentName>,
  required = process.env['BINNACLE_REQUIRE'] ?? '',
): string[] {
  const messages: string[] = [];
  for (const name of required.split(',').filter((part) => part !== '')) {
    if (!(name in COMPONENTS)) {
      messages.push(
        `BINNACLE_REQUIRE: expected names of ${Object.keys(COMPONENTS).join(', ')}; found ${name}`,
      );
      continue;
    }
    const component = COMPONENTS[name as ComponentName];
    if (!present.has(name as ComponentName)) {
      messages.push(
        `BINNACLE_REQUIRE lists ${name}, but ${component.what} is not here: ${component.howToGet}`,
      );
    }
  }
  return messages;
}
