const { formatFiles, generateFiles, joinPathFragments } = require('@nx/devkit');
const { camelCase, requireKebabCase } = require('../names.cjs');
const { rangesInUse, requireAbsent, toSentence, writePackageFiles } = require('../workspace.cjs');

/**
 * A new server in apps/, on @binnacle/service-kit.
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, description: string, port?: number }} options
 */
module.exports = async (tree, { name, description, port = 8080 }) => {
  requireKebabCase(name, 'billing-server');
  const folder = joinPathFragments('apps', name);
  requireAbsent(tree, folder);
  const sentence = toSentence(description);
  writePackageFiles(tree, folder, {
    tag: 'app',
    manifest: {
      name: `@binnacle/${name}`,
      version: '0.1.0',
      private: true,
      description: sentence,
      license: 'Apache-2.0',
      type: 'module',
      scripts: {
        typecheck: 'tsc -p .',
        test: 'vitest run',
        dev: 'node --watch -C @binnacle/source src/main.ts',
        build: 'node build.mjs',
      },
      dependencies: rangesInUse(tree, ['@binnacle/service-kit', 'typebox']),
      devDependencies: rangesInUse(tree, ['@binnacle/testing', 'vitest']),
    },
  });
  generateFiles(tree, joinPathFragments(__dirname, 'files'), folder, {
    name,
    port,
    description: sentence,
    definition: `${camelCase(name.replace(/-(server|service)$/, ''))}Service`,
  });
  await formatFiles(tree);
  return () =>
    console.log(`\nNow: npm install, then npm test -w apps/${name} and npm run dev -w apps/${name}`);
};
