// terraform/README.md against the files: its tables are what is declared, and what it names is there.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readModules } from './modules.ts';
import { readReadme, rendered } from './render.ts';

const page = readReadme();

describe('terraform/README.md', () => {
  it('has every variable and output as it is declared', async () => {
    assert.equal(page, await rendered(page), 'Run `node test/terraform/render.ts`.');
  });
  it('names every example and no other', async () => {
    const named = [...page.matchAll(/\]\(examples\/([\w-]+)\)/g)].map(([, name]) => `examples/${name ?? ''}`);
    const there = (await readModules()).map(({ path }) => path).filter((path) => path !== '');
    assert.deepEqual(new Set(named), new Set(there));
  });
  it('leads to files that are there', () => {
    for (const [, path = ''] of page.matchAll(/\]\(((?!https:)[^)#]+)\)/g))
      assert.ok(existsSync(new URL(`../../terraform/${path}`, import.meta.url)), path);
  });
});
