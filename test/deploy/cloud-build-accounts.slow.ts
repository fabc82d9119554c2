// The Cloud Build files use two accounts and pin images by digest. They document and require all their substitutions, and refer
// only to files and scripts that exist.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  BUILT_IN,
  DEPLOY_BUILD,
  DEPLOY_VALUES,
  runBuild,
  substitute,
  TEST_BUILD,
  TEST_VALUES,
} from './build.ts';
import { ROOT } from './dockerfile.ts';

const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};

/** @returns every string in a parsed document */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** For each program, the substitution for the image that contains the program. */
const IMAGES: readonly (readonly [program: RegExp, image: string])[] = [
  [/^docker\b/m, '$_DOCKER_IMAGE'],
  [/^gcloud\b|\(gcloud\b/m, '$_GCLOUD_IMAGE'],
  [/^(?:npm|node)\b/m, '$_NODE_IMAGE'],
];

for (const [file, values] of [
  [TEST_BUILD, TEST_VALUES],
  [DEPLOY_BUILD, DEPLOY_VALUES],
] as const) {
  const { name, text, build } = file;
  const { substitutions, ...rest } = build;
  const scriptsOfSteps = build.steps.map(({ args: [, script] }) => script);
  const images = Object.keys(substitutions).filter((one) => one.endsWith('_IMAGE') && one !== '_IMAGE');

  describe(`the substitutions in ${name}`, () => {
    // Cloud Build rejects a substitution that is unused or undeclared.
    it('are all used, declared and explained', () => {
      const used = textsIn(rest).flatMap((one) =>
        [...one.replaceAll('$$', '').matchAll(/\$\{?(\w+)/g)].map(([, found = '']) => found),
      );
      const userDefined = [...new Set(used)].filter((one) => !(one in BUILT_IN));
      assert.deepEqual(userDefined.sort(), Object.keys(substitutions).sort());
      const explained = [...text.matchAll(/^# {3}(_[A-Z_, ]+?) {2,}\S/gm)].flatMap(([, names = '']) =>
        names.split(', '),
      );
      assert.deepEqual(explained.sort(), Object.keys(substitutions).sort());
    });

    it('reach commands only as shell variables, written with `$$`', () => {
      for (const script of scriptsOfSteps) {
        assert.doesNotMatch(script.replaceAll('$$', ''), /\$/);
        const assigned = [...script.matchAll(/\b(\w+)=|for (\w+) in/g)].map(([, a, b]) => a ?? b);
        const set = new Set([...build.options.env.map((pair) => pair.split('=')[0]), ...assigned]);
        for (const [, found = ''] of script.matchAll(/\$\$\{?!?([A-Za-z]\w*)/g))
          assert.ok(set.has(found), found);
        execFileSync('bash', ['-n', '-c', substitute(script, {})]);
      }
    });

    it('make the first step fail, with an error that names them, if they are unset', () => {
      const checked = /for name in ([A-Z_ ]+); do/.exec(scriptsOfSteps[0] ?? '')?.[1]?.split(' ') ?? [];
      assert.ok(checked.length >= 2);
      for (const one of checked) {
        const { calls, failed } = runBuild(file, { ...values, [`_${one}`]: '' });
        assert.deepEqual([failed?.id, calls], ['check', []]);
        assert.ok(
          failed?.stderr.startsWith(`_${one}: must be set, but is empty. See the first lines of ${name}`),
          failed?.stderr ?? 'it did not fail',
        );
      }
    });
  });

  describe(`the images that ${name} uses`, () => {
    it('come from substitutions, whose default values are placeholders under must-be-set.invalid', () => {
      for (const step of build.steps) assert.ok(images.includes(step.name.slice(1)), step.name);
      for (const one of images)
        assert.equal(substitutions[one], `must-be-set.invalid/${one.slice(1).toLowerCase()}`);
    });

    it('make the first step fail, with an error that names them, if they have no digest', () => {
      for (const one of images)
        for (const value of ['node:26-slim', `node@sha256:…`, substitutions[one] ?? '']) {
          const { calls, failed } = runBuild(file, { ...values, [one]: value });
          assert.deepEqual([failed?.id, calls], ['check', []]);
          assert.ok(
            failed?.stderr.startsWith(
              `${one}: must name an image by its digest (NAME@sha256:…), but ${value} does not`,
            ),
            failed?.stderr ?? 'it did not fail',
          );
        }
    });

    it('contain the programs that their steps call', () => {
      for (const { id, name: image, args } of build.steps) {
        const found = IMAGES.find(([program]) => program.test(args[1]));
        assert.equal(image, found?.[1], id);
      }
    });
  });

  describe(`the build file ${name}`, () => {
    it('sets a destination for its log, which Cloud Build requires for a user-specified service account', () => {
      assert.equal(build.options.logging, 'CLOUD_LOGGING_ONLY');
    });

    it('names only existing files and scripts, and gives each step less time than the whole build', () => {
      for (const script of scriptsOfSteps) {
        for (const [path] of script.matchAll(/\b(?:deploy|test)\/[\w./-]+\.ts/g))
          assert.ok(existsSync(ROOT + path), path);
        for (const [, found = ''] of script.matchAll(/\bnpm run (\w+)/g)) assert.ok(found in scripts, found);
      }
      const seconds = (one: string): number => Number(/^(\d+)s$/.exec(one)?.[1]);
      for (const { id, entrypoint, args, timeout } of build.steps) {
        assert.deepEqual([entrypoint, args[0], args.length], ['bash', '-ceu', 2]);
        assert.ok(seconds(timeout) < seconds(build.timeout), id);
      }
    });
  });
}

describe('the builds in the two Cloud Build files', () => {
  it('run as different service accounts', () => {
    const accounts = [TEST_BUILD, DEPLOY_BUILD].map(({ build }) => build.serviceAccount);
    assert.deepEqual(accounts, [
      'projects/$PROJECT_ID/serviceAccounts/$_BUILDER',
      'projects/$PROJECT_ID/serviceAccounts/$_DEPLOYER',
    ]);
  });

  it("do not both run untrusted code: the deploying build runs no tests, no package scripts and none of the candidate's code", () => {
    const script = DEPLOY_BUILD.build.steps.map(({ args: [, one] }) => one).join('\n');
    assert.doesNotMatch(script, /npm (?:test|run|exec)|npx|docker (?:run|create|start|build)/);
    assert.deepEqual(
      [...script.matchAll(/^\s*npm .*$/gm)].map(([line]) => line.trim()),
      ['npm ci --omit=dev --ignore-scripts'],
    );
  });

  it('look up digests with the same command, which is valid shell syntax', () => {
    const [, command = ''] = /^#\n((?:# {3}.*\n)+)(?=#\n# The values)/m.exec(TEST_BUILD.text) ?? [];
    const lines = command.replaceAll(/^# {3}/gm, '');
    execFileSync('bash', ['-n', '-c', lines]);
    for (const image of ['node:26-slim', 'gcr.io/cloud-builders/docker', 'google-cloud-cli:slim'])
      assert.ok(lines.includes(image), image);
  });
});

describe('a candidate image', () => {
  it('must be in the candidate registry', () => {
    const stray = DEPLOY_VALUES._CANDIDATE.replace('-candidates', '');
    const { calls, failed } = runBuild(DEPLOY_BUILD, { ...DEPLOY_VALUES, _CANDIDATE: stray });
    assert.deepEqual([failed?.id, calls], ['check', []]);
    assert.ok(
      failed?.stderr.startsWith(`_CANDIDATE: must be in ${DEPLOY_VALUES._CANDIDATES}, but ${stray} is not`),
      failed?.stderr ?? 'it did not fail',
    );
  });

  it('must be identified by its digest', () => {
    const tagged = `${DEPLOY_VALUES._CANDIDATES}:tested`;
    const { failed } = runBuild(DEPLOY_BUILD, { ...DEPLOY_VALUES, _CANDIDATE: tagged });
    assert.ok(
      failed?.stderr.startsWith('_CANDIDATE: must name an image by its digest'),
      failed?.stderr ?? 'it did not fail',
    );
  });
});
