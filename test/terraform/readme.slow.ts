// terraform/README.md matches the Terraform files: its tables list the declared variables and outputs, and its links lead to files.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readModules } from './modules.ts';
import { readReadme, rendered } from './render.ts';

const page = readReadme();

describe('terraform/README.md', () => {
  it('lists every variable and output as declared', async () => {
    assert.equal(page, await rendered(page), 'Run `node test/terraform/render.ts`.');
  });
  it('names every example, and no others', async () => {
    const named = [...page.matchAll(/\]\(examples\/([\w-]+)\)/g)].map(([, name]) => `examples/${name ?? ''}`);
    const there = (await readModules()).map(({ path }) => path).filter((path) => path !== '');
    assert.deepEqual(new Set(named), new Set(there));
  });
  it('links to files that exist', () => {
    for (const [, path = ''] of page.matchAll(/\]\(((?!https:)[^)#]+)\)/g))
      assert.ok(existsSync(new URL(`../../terraform/${path}`, import.meta.url)), path);
  });
});
