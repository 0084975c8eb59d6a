const { formatFiles, generateFiles, joinPathFragments } = require('@nx/devkit');
const { camelCase, pascalCase, requireEventName } = require('../names.cjs');
const { requireAbsent, toSentence } = require('../workspace.cjs');

const SOURCE = 'packages/event-schemas/src';

/**
 * Version 1 of a new event type in packages/event-schemas, exported and registered.
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, description: string }} options
 */
module.exports = async (tree, { name, description }) => {
  requireEventName(name);
  const definition = camelCase(name);
  const typeName = pascalCase(name);
  requireAbsent(tree, joinPathFragments(SOURCE, 'types', `${definition}.ts`));
  requireUnregistered(tree, definition);
  const folder = joinPathFragments(SOURCE, 'types');
  const sentence = toSentence(description);
  generateFiles(tree, joinPathFragments(__dirname, 'files'), folder, {
    name,
    definition,
    typeName,
    description: sentence,
  });
  edit(
    tree,
    'index.ts',
    (text) => `${text}export { ${definition}, type ${typeName} } from './types/${definition}.ts';\n`,
  );
  edit(tree, 'registry.ts', (text) => register(text, definition));
  await formatFiles(tree);
  return () => {
    console.log(`\nNow: complete the data in ${folder}/${definition}.ts, then npm run schemas:write`);
    console.log('and npm test -w packages/event-schemas');
  };
};

/**
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} definition
 */
function requireUnregistered(tree, definition) {
  const registry = tree.read(joinPathFragments(SOURCE, 'registry.ts'), 'utf-8') ?? '';
  if (!new RegExp(`\\b${definition}\\b`).test(registry)) return;
  throw new Error(`${definition} is registered already in ${SOURCE}/registry.ts`);
}

/**
 * Adds the import after the last one of an event type, and the definition at the end of `platformEvents`.
 * @param {string} text
 * @param {string} definition
 */
function register(text, definition) {
  const importLine = `import { ${definition} } from './types/${definition}.ts';\n`;
  const lastImport =
    /(?:^import [^;]*? from '\.\/types\/[^']*';\n)(?![\s\S]*^import [^;]*? from '\.\/types\/)/m;
  const list = /(export const platformEvents: [^=]*= \[[^\]]*)(\];)/;
  if (!lastImport.test(text) || !list.test(text)) {
    throw new Error(`expected imports from ./types/ and a list platformEvents in ${SOURCE}/registry.ts`);
  }
  return text
    .replace(lastImport, (found) => found + importLine)
    .replace(list, (_found, start, end) => `${start}  ${definition},\n${end}`);
}

/**
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} file
 * @param {(text: string) => string} change
 */
function edit(tree, file, change) {
  const path = joinPathFragments(SOURCE, file);
  const text = tree.read(path, 'utf-8');
  if (text === null) throw new Error(`expected ${path}, found no such file`);
  tree.write(path, change(text));
}
