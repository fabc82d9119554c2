// Checks the text of deploy/Dockerfile: its base image is pinned, it runs Node directly as an unprivileged user, and
// it sets labels.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Stage } from './dockerfile.ts';
import { isSent, PREAMBLE, ROOT, STAGES, textsOf } from './dockerfile.ts';

const NO_STAGE: Stage = { from: '', instructions: [] };
const [build = NO_STAGE, image = NO_STAGE, ...more] = STAGES;

describe('the base image in the Dockerfile', () => {
  it('is the same in both stages, so that the same Node version creates and reads the compile cache', () => {
    assert.deepEqual(more, []);
    assert.deepEqual(
      PREAMBLE.map(({ name, text }) => `${name} ${text}`),
      ['ARG NODE_IMAGE=node:26-slim'],
    );
    assert.deepEqual([build.from, image.from], ['${NODE_IMAGE} AS build', '${NODE_IMAGE}']);
  });

  it('must be pinned by digest', () => {
    assert.equal(textsOf(build, 'ARG')[0], 'NODE_IMAGE');
    const [check = ''] = textsOf(build, 'RUN');
    const run = (name: string) =>
      spawnSync('sh', ['-c', check], { env: { NODE_IMAGE: name }, encoding: 'utf8' });
    assert.equal(run(`node:26-slim@sha256:${'0'.repeat(64)}`).status, 0);
    for (const name of ['node:26-slim', 'registry.example/node', '']) {
      const { status, stderr } = run(name);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^NODE_IMAGE: must name a base image by its digest \(NAME@sha256:…\), but .* does not\./,
      );
    }
  });
});

describe('the image', () => {
  it('contains only root-owned files copied from the build stage, because its own stage has no RUN or ADD instruction', () => {
    assert.deepEqual(textsOf(image, 'COPY'), ['--from=build --chown=0:0 /image/ /']);
    for (const name of ['RUN', 'ADD', 'SHELL', 'VOLUME']) assert.deepEqual(textsOf(image, name), [], name);
  });

  it('runs as an unprivileged numeric user, the same one that creates the cache during the build', () => {
    assert.deepEqual(textsOf(image, 'USER'), ['65532:65532']);
    assert.deepEqual(textsOf(build, 'USER'), ['65532:65532']);
    const last = build.instructions.at(-1);
    assert.deepEqual(last?.words, ['node', 'deploy/image-tree.ts', '/image']);
    const before = image.instructions.findIndex(({ name }) => name === 'USER');
    assert.ok(before < image.instructions.findIndex(({ name }) => name === 'ENTRYPOINT'));
  });

  it('starts Node directly, so that Node receives SIGTERM', () => {
    for (const name of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) {
      const found = image.instructions.filter((one) => one.name === name);
      assert.equal(found.length, 1, name);
      assert.ok(
        found[0]?.words !== undefined,
        `${name} must have the JSON form, because any other starts a shell`,
      );
    }
    assert.deepEqual(textsOf(image, 'STOPSIGNAL'), []);
  });

  it('is labeled with its name, license, source, revision and version', () => {
    const labels = Object.fromEntries(
      [...(textsOf(image, 'LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.(\S+)="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    );
    const own = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Record<string, string>;
    assert.deepEqual(
      [labels['title'], labels['licenses'], labels['source'], labels['revision'], labels['version']],
      [own['name'], own['license'], '${SOURCE}', '${REVISION}', '${VERSION}'],
    );
    for (const name of ['SOURCE', 'REVISION', 'VERSION'])
      assert.ok(
        textsOf(image, 'ARG').some((text) => text.startsWith(name)),
        name,
      );
  });
});

describe('the build context', () => {
  it('contains every path that the Dockerfile copies, and no packages, tests or history', () => {
    const copied = textsOf(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1));
    for (const path of copied) {
      statSync(ROOT + path);
      assert.ok(isSent(path), path);
    }
    for (const path of ['node_modules', '.git', 'test', 'README.md', 'dist', 'terraform'])
      assert.ok(!isSent(path), path);
    assert.ok(isSent('src/cli/serve.ts') && !isSent('src/cli/sandbox.ts'));
  });
});
