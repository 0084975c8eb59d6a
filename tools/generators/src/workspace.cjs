const { joinPathFragments, readJson, writeJson } = require('@nx/devkit');

/**
 * Throws when the folder or file exists: a generator never overwrites.
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} path
 */
exports.requireAbsent = (tree, path) => {
  if (tree.exists(path)) throw new Error(`${path} exists already; choose another name or remove it first`);
};

/**
 * Checks and completes a description: one line that ends in a full stop.
 * @param {string} description
 */
exports.toSentence = (description) => {
  const text = description.trim();
  if (text === '' || /['"`\n\\]/.test(text)) {
    throw new Error(
      `expected a description of one line without quotes, found ${JSON.stringify(description)}`,
    );
  }
  return text.endsWith('.') ? text : `${text}.`;
};

/**
 * The range that the workspace's packages use for a dependency, so that there is one version of it.
 * @param {import('@nx/devkit').Tree} tree
 * @param {readonly string[]} dependencies
 * @returns {Record<string, string>}
 */
exports.rangesInUse = (tree, dependencies) => {
  const inUse = Object.assign({}, ...packageFiles(tree).map((file) => rangesOf(readJson(tree, file))));
  return Object.fromEntries(
    dependencies.map((name) => {
      if (inUse[name] === undefined) throw new Error(`no package of the workspace depends on ${name} yet`);
      return [name, inUse[name]];
    }),
  );
};

/**
 * Writes the files that every package and app has.
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} folder
 * @param {{ manifest: object, tag: string }} options
 */
exports.writePackageFiles = (tree, folder, { manifest, tag }) => {
  const path = (/** @type {string} */ file) => joinPathFragments(folder, file);
  writeJson(tree, path('package.json'), manifest);
  writeJson(tree, path('turbo.json'), { extends: ['//'], tags: [tag] });
  writeJson(tree, path('tsconfig.json'), {
    extends: '../../tsconfig.base.json',
    include: ['src', 'bench', '*.ts'],
  });
  tree.write(path('vitest.config.ts'), "export { default } from '@binnacle/testing/vitest';\n");
};

/** @param {import('@nx/devkit').Tree} tree */
function packageFiles(tree) {
  return ['apps', 'packages']
    .flatMap((group) => tree.children(group).map((name) => `${group}/${name}/package.json`))
    .filter((file) => tree.exists(file));
}

/** @param {{ name: string, version: string, dependencies?: object, devDependencies?: object }} manifest */
function rangesOf({ name, version, dependencies, devDependencies }) {
  return { ...dependencies, ...devDependencies, [name]: version };
}
