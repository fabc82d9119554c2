// The Terraform files are valid HCL, and the build file of the first image matches image.tf and the Dockerfile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { HCL_FILES, parseFile, readModules } from './modules.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

describe('the Terraform files', () => {
  for (const path of HCL_FILES) {
    it(`are valid HCL: ${relative(ROOT, path)}`, async () => {
      const body = await parseFile(path);
      assert.ok(Object.keys(body).length > 0);
    });
    it(`have at most 200 lines: ${relative(ROOT, path)}`, () => {
      assert.ok(readFileSync(path, 'utf8').split('\n').length <= 201);
    });
  }
  it('include seven examples, each with a module call, two providers and their versions', async () => {
    const examples = (await readModules()).filter(({ path }) => path !== '');
    assert.equal(examples.length, 7);
    for (const { path, calls, providers, terraform } of examples) {
      assert.equal(calls[0]?.name, 'bridge', path);
      assert.ok(new Set(providers.map(({ name }) => name)).size === 2, `${path} configures both providers`);
      assert.ok(
        terraform.some((body) => 'required_providers' in body),
        `${path} sets their versions`,
      );
    }
  });
  it('require the same Terraform and provider versions in every module', async () => {
    const [first, ...others] = (await readModules()).map(({ terraform }) => terraform);
    for (const other of others) assert.deepEqual(other, first);
  });
});

const IMAGE_TF = readFileSync(`${ROOT}terraform/image.tf`, 'utf8');

describe("Terraform's build of the first image", () => {
  const build = parseYaml(readFileSync(`${ROOT}terraform/first-image.yaml`, 'utf8')) as Record<
    string,
    unknown
  >;
  it('sets a destination for its log, which Cloud Build requires for a user-specified service account', () => {
    assert.match(IMAGE_TF, /--service-account /);
    assert.deepEqual(build['options'], { logging: 'CLOUD_LOGGING_ONLY' });
  });
  it('uses exactly the substitutions that image.tf passes', () => {
    const used = new Set(
      JSON.stringify(build)
        .match(/(?<!\$)\$_\w+/g)
        ?.map((name) => name.slice(1)),
    );
    const [, given = ''] = /--substitutions "([^"]+)"/.exec(IMAGE_TF) ?? [];
    assert.deepEqual(used, new Set(given.split(',').map((pair) => pair.split('=')[0])));
  });
  it('receives every file and directory that the Dockerfile copies', () => {
    const dockerfile = readFileSync(`${ROOT}deploy/Dockerfile`, 'utf8');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    const ignored = readFileSync(`${ROOT}terraform/first-image.ignore`, 'utf8');
    const sent = [...ignored.matchAll(/^!\/([^/\n]+)/gm)].map(([, name = '']) => name);
    assert.ok(copied.length > 0);
    assert.deepEqual(
      copied.filter((name) => !sent.includes(name)),
      [],
    );
    assert.ok(sent.includes('deploy'), 'the Dockerfile itself');
  });
});
