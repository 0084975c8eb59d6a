import { readJson, type Tree } from '@nx/devkit';
import { stripTypeScriptTypes } from 'node:module';
import { beforeEach, describe, expect, it } from 'vitest';
import { generate, virtualWorkspace } from './workspaceFixture.ts';

let tree: Tree;

beforeEach(() => {
  tree = virtualWorkspace();
});

/** What a generator added, below a folder. */
function filesIn(folder: string): string[] {
  const paths = tree.listChanges().map(({ path }) => path);
  return paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
}

const read = (path: string): string => tree.read(path, 'utf-8')!;

const description = 'Sends invoices';

describe('service', () => {
  it('makes a server on service-kit, tagged as an app', async () => {
    await generate(tree, 'service', { name: 'billing-server', description, port: 4444 });
    const folder = 'apps/billing-server';
    expect(filesIn(folder).sort()).toEqual([
      'README.md',
      'build.mjs',
      'package.json',
      'src/app.test.ts',
      'src/app.ts',
      'src/main.ts',
      'tsconfig.json',
      'turbo.json',
      'vitest.config.ts',
    ]);
    expect(readJson(tree, `${folder}/turbo.json`)).toEqual({ extends: ['//'], tags: ['app'] });
    const kit = readJson(tree, 'packages/service-kit/package.json');
    expect(readJson(tree, `${folder}/package.json`)).toMatchObject({
      name: '@binnacle/billing-server',
      private: true,
      description: 'Sends invoices.',
      scripts: { dev: 'node --watch -C @binnacle/source src/main.ts', build: 'node build.mjs' },
      dependencies: { '@binnacle/service-kit': kit.version, typebox: kit.dependencies.typebox },
    });
    expect(read(`${folder}/src/app.ts`)).toContain('export const billingService: ServiceDefinition<');
    expect(read(`${folder}/src/app.ts`)).toContain('defaultPort: 4444,');
    expect(read(`${folder}/build.mjs`)).toContain("outfile: 'dist/billing-server.mjs'");
  });
});

describe('package', () => {
  it('makes a package that is private and pure unless told otherwise', async () => {
    await generate(tree, 'package', { name: 'rate-limits', description });
    const folder = 'packages/rate-limits';
    expect(readJson(tree, `${folder}/turbo.json`).tags).toEqual(['pure-library']);
    const manifest = readJson(tree, `${folder}/package.json`);
    expect(manifest).toMatchObject({ name: '@binnacle/rate-limits', private: true });
    expect(Object.keys(manifest.exports['.'])[0]).toBe('@binnacle/source');
    expect(read(`${folder}/src/errors.ts`)).toContain("'RATE_LIMITS_INVALID_INPUT'");
    expect(read(`${folder}/src/index.ts`)).toContain('export { RateLimitsError, type RateLimitsErrorCode }');
  });

  it('makes a package for the registry', async () => {
    await generate(tree, 'package', {
      name: 'rate-limits',
      description,
      tag: 'client-library',
      published: true,
    });
    const manifest = readJson(tree, 'packages/rate-limits/package.json');
    expect(manifest).toMatchObject({
      files: ['dist', 'README.md'],
      scripts: { build: 'tsc -p tsconfig.build.json' },
    });
    expect(manifest.private).toBeUndefined();
    expect(tree.exists('packages/rate-limits/tsconfig.build.json')).toBe(true);
    expect(readJson(tree, 'packages/rate-limits/turbo.json').tags).toEqual(['client-library']);
  });
});

describe('event-type', () => {
  it('makes version 1 of a type with its test, exports and registers it', async () => {
    await generate(tree, 'event-type', { name: 'invoice.paid_late', description });
    const source = 'packages/event-schemas/src';
    expect(read(`${source}/types/invoicePaidLate.ts`)).toContain("type: 'invoice.paid_late',\n  version: 1,");
    expect(tree.exists(`${source}/types/invoicePaidLate.test.ts`)).toBe(true);
    expect(read(`${source}/index.ts`)).toContain(
      "export { invoicePaidLate, type InvoicePaidLate } from './types/invoicePaidLate.ts';\n",
    );
    const registry = read(`${source}/registry.ts`);
    expect(registry).toContain("import { invoicePaidLate } from './types/invoicePaidLate.ts';\n");
    expect(registry).toMatch(/platformEvents[^=]*= \[[^\]]*\n {2}invoicePaidLate,\n\];/);
  });

  it('takes several, one after another', async () => {
    await generate(tree, 'event-type', { name: 'invoice.paid', description });
    await generate(tree, 'event-type', { name: 'invoice.sent', description });
    const registry = read('packages/event-schemas/src/registry.ts');
    expect(registry).toMatch(/ {2}invoicePaid,\n {2}invoiceSent,\n\];/);
  });
});

describe('all of them', () => {
  it.each([
    ['service', { name: 'billing-server', description }],
    ['package', { name: 'rate-limits', description }],
    ['event-type', { name: 'invoice.paid', description }],
  ])('%s writes TypeScript that Node can run, and never overwrites', async (generator, options) => {
    await generate(tree, generator, options);
    for (const { path, content } of tree.listChanges()) {
      if (path.endsWith('.ts')) expect(() => stripTypeScriptTypes(content!.toString()), path).not.toThrow();
    }
    await expect(generate(tree, generator, options)).rejects.toThrow(/exists already/);
  });

  it.each([
    [
      'service',
      { name: 'BillingServer', description },
      /kebab case such as billing-server, found "BillingServer"/,
    ],
    ['package', { name: 'rate_limits', description }, /kebab case such as rate-limits/],
    ['event-type', { name: 'InvoicePaid', description }, /such as invoice\.paid, found "InvoicePaid"/],
    ['event-type', { name: 'delete', description }, /such as invoice\.paid/],
    ['event-type', { name: 'deploy.finished', description }, /deployFinished is registered already/],
    ['package', { name: 'rate-limits', description: "It's" }, /without quotes/],
  ])('%s refuses %j', async (generator, options, message) => {
    const before = tree.listChanges().length;
    await expect(generate(tree, generator, options)).rejects.toThrow(message);
    expect(tree.listChanges()).toHaveLength(before);
  });
});
