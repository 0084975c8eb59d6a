import { describe } from 'vitest';
import { COMPONENTS, detectComponents, type ComponentName } from './components.ts';

/**
 * A suite that needs a component of the machine. Where it is missing the suite is skipped, and the closing
 * table of `npm test` names it; when `BINNACLE_REQUIRE` lists the component, a missing one is a failure.
 */
export function describeWith(component: ComponentName, title: string, suite: () => void): void {
  if (detectComponents().has(component)) {
    describe(title, suite);
    return;
  }
  if ((process.env['BINNACLE_REQUIRE'] ?? '').split(',').includes(component)) {
    const { what, howToGet } = COMPONENTS[component];
    throw new Error(`${title}: BINNACLE_REQUIRE lists ${component}, but ${what} is not here. ${howToGet}.`);
  }
  describe.skip(`${title} (needs ${component})`, suite);
}
