const { formatFiles, generateFiles, joinPathFragments, writeJson } = require('@nx/devkit');
const { constantCase, pascalCase, requireKebabCase } = require('../names.cjs');
const { rangesInUse, requireAbsent, toSentence, writePackageFiles } = require('../workspace.cjs');

/**
 * A new package in packages/, with its table of errors.
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, description: string, tag?: string, published?: boolean }} options
 */
module.exports = async (tree, { name, description, tag = 'pure-library', published = false }) => {
  requireKebabCase(name, 'rate-limits');
  const folder = joinPathFragments('packages', name);
  requireAbsent(tree, folder);
  const sentence = toSentence(description);
  const manifest = manifestOf(tree, { name, description: sentence, published });
  writePackageFiles(tree, folder, { tag, manifest });
  if (published) writeJson(tree, joinPathFragments(folder, 'tsconfig.build.json'), BUILD_CONFIG);
  generateFiles(tree, joinPathFragments(__dirname, 'files'), folder, {
    name,
    description: sentence,
    errorClass: `${pascalCase(name)}Error`,
    codePrefix: constantCase(name),
  });
  await formatFiles(tree);
  return () => console.log(`\nNow: npm install, then npm test -w packages/${name}`);
};

/**
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, description: string, published: boolean }} options
 */
function manifestOf(tree, { name, description, published }) {
  return {
    name: `@binnacle/${name}`,
    version: '0.1.0',
    ...(published ? {} : { private: true }),
    description,
    license: 'Apache-2.0',
    type: 'module',
    exports: {
      '.': {
        '@binnacle/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
    },
    ...(published ? { files: ['dist', 'README.md'] } : {}),
    scripts: {
      typecheck: 'tsc -p .',
      test: 'vitest run',
      ...(published ? { build: 'tsc -p tsconfig.build.json' } : {}),
    },
    devDependencies: rangesInUse(tree, ['@binnacle/testing', 'vitest']),
  };
}

const BUILD_CONFIG = {
  extends: './tsconfig.json',
  compilerOptions: {
    noEmit: false,
    rootDir: 'src',
    outDir: 'dist',
    declaration: true,
    sourceMap: true,
    customConditions: [],
  },
  include: ['src'],
  exclude: ['src/**/*.test.ts'],
};
