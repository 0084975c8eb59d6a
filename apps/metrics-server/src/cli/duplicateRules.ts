import type { GroupOptions } from '../rules/ruleGroup.ts';

/** Rules of one name with the same labels, which write over each other, a line for each further one. */
export function duplicateRules(groups: readonly GroupOptions[]): string[] {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const { name: group, rules } of groups) {
    for (const { name, labels } of rules) {
      const key = `${name}\u0000${labels.key}`;
      if (seen.has(key)) {
        const own = labels.names.length === 0 ? 'no labels' : `labels ${labels.toString()}`;
        lines.push(
          `duplicate rule ${name} with ${own} in group ${JSON.stringify(group)}; it should differ in a label`,
        );
      }
      seen.add(key);
    }
  }
  return lines;
}
