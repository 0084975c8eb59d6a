import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPONENTS, type ComponentName } from '@binnacle/testing';
import { workspaceFolders } from './workspaces.ts';

/**
 * The closing table: suites that were left out because this machine lacks what they drive, and how to get it. Read
 * from the sources (`describeWith('component', 'title'`), so that it is the same when turbo answers from its cache.
 */
export function leftOutTable(root: string, present: ReadonlySet<ComponentName>): string {
  const suites = workspaceFolders(root).flatMap((folder) => suitesWithNeeds(root, folder));
  const absent = suites.filter(({ component }) => !present.has(component));
  if (absent.length === 0)
    return '\nNothing was left out: this machine has every component that a suite drives.';
  const lines = ['', 'Left out, because this machine lacks what the suite drives:'];
  for (const component of [...new Set(absent.map((suite) => suite.component))].sort()) {
    lines.push(`  ${component.padEnd(18)} ${COMPONENTS[component].howToGet}`);
    for (const suite of absent.filter((s) => s.component === component)) {
      lines.push(`  ${''.padEnd(18)}   - ${suite.title} (${suite.file})`);
    }
  }
  return lines.join('\n');
}

interface Suite {
  readonly component: ComponentName;
  readonly title: string;
  readonly file: string;
}

const NEED = /describeWith\(\s*'([\w-]+)',\s*(['"`])(.*?)\2/gs;

function suitesWithNeeds(root: string, folder: string): Suite[] {
  const suites: Suite[] = [];
  for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (entry.includes('node_modules') || !/\.test\.tsx?$/.test(entry)) continue;
    const file = `${folder}/${entry}`;
    for (const match of readFileSync(join(root, file), 'utf8').matchAll(NEED)) {
      if (match[1]! in COMPONENTS)
        suites.push({ component: match[1] as ComponentName, title: match[3]!, file });
    }
  }
  return suites;
}
