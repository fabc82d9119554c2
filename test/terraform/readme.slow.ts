// Each README.md in terraform/ matches the Terraform files: its tables list the declared variables and outputs, its links lead
// to files, and its module blocks set variables that exist.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from '@cdktn/hcl2json';
import { blocks } from '../docs/markdown.ts';
import { moduleValues } from './module-values.ts';
import { readModule, readModules, readSubmodules } from './modules.ts';
import type { Body } from './modules.ts';
import { DOCUMENTED, readReadme, rendered } from './render.ts';

for (const path of DOCUMENTED) {
  const page = readReadme(path);
  describe(`terraform/${path === '' ? '' : `${path}/`}README.md`, () => {
    it('lists every variable and output as it is declared', async () => {
      assert.equal(page, await rendered(page, path), 'Run `node test/terraform/render.ts`.');
    });
    it('links to files that exist', () => {
      for (const [, link = ''] of page.matchAll(/\]\(((?!https:)[^)#]+)\)/g))
        assert.ok(existsSync(join(import.meta.dirname, '../../terraform', path, link)), link);
    });
    it('shows module calls that set every required variable, and only variables that are declared', async () => {
      const { variables } = await readModule(path);
      const required = variables.filter(({ body }) => !('default' in body)).map(({ name }) => name);
      const calls = await Promise.all(
        blocks('hcl', page)
          .filter((block) => block.startsWith('module '))
          .map((block) => parse('README.md', block) as Promise<{ module: Record<string, Body[]> }>),
      );
      assert.ok(calls.length > 0);
      for (const { source, ...set } of calls.flatMap(({ module }) => Object.values(module).flat())) {
        assert.match(String(source), new RegExp(`//terraform${path === '' ? '' : `/${path}`}\\?ref=`));
        const names = Object.keys(set);
        assert.deepEqual(
          names.filter((name) => !variables.some((variable) => variable.name === name)),
          [],
        );
        assert.deepEqual(
          required.filter((name) => !names.includes(name)),
          [],
        );
        for (const name of names) {
          const problems = await moduleValues(await readModule(path), set).problemsOf(name);
          assert.deepEqual(problems, [], name);
        }
      }
    });
  });
}

describe('terraform/README.md', () => {
  it('names exactly the existing examples and modules', async () => {
    const named = [...readReadme().matchAll(/\]\(((?:examples|modules)\/[\w-]+)\)/g)].map(([, name]) => name);
    const modules = [...(await readModules()), ...(await readSubmodules())];
    const there = modules.map(({ path }) => path).filter((path) => path !== '');
    assert.deepEqual(new Set(named), new Set(there));
  });
});
