// cloudbuild.yaml: what it names exists, its substitutions are those that it declares and explains, and its steps do what they say.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BUILD, BUILD_TEXT, runBuild, substitute } from './build.ts';
import { ROOT } from './dockerfile.ts';

/** Cloud Build's own (Cloud Build, "Substituting variable values"); the commit is empty where nobody says it. */
const BUILT_IN = { PROJECT_ID: 'acme-prod', BUILD_ID: '3f2a', COMMIT_SHA: '0a1b2c' };
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const VALUES = {
  ...BUILT_IN,
  _NODE_IMAGE: `node:26-slim@${DIGEST}`,
  _IMAGE: 'registry.example/acme-prod/fedbridge/fedbridge',
  _BUILDER: 'builder@acme-prod.iam.gserviceaccount.com',
  _ARTIFACTS: 'gs://acme-build/fedbridge',
  _SOURCE: 'https://git.example/fedbridge',
  _REGION: 'europe-west1',
  _URL: 'https://lake-bridge.example',
  _AUDIENCE: 'https://lake-bridge.example',
  _PROBE_BUCKET: 'acme-lake',
  _PROBE_KEY: "probe/it's here; $(touch x)",
  _PROBE_UNGRANTED_KEY: 'raw/other',
  _PROBE_UNGRANTED_ACCOUNT: 'stranger@acme-prod.iam.gserviceaccount.com',
};
const IDS = ['check', 'test', 'build', 'push', 'deploy', 'probe', 'keep'];
const { version, scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};

/** Every text in the file but the substitutions themselves. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
const { substitutions, ...rest } = BUILD;
const scriptsOfSteps = BUILD.steps.map(({ args: [, script] }) => script);

describe('the substitutions', () => {
  // Cloud Build refuses one that is not used, as well as one that is not there.
  it('are used as they are declared, and explained', () => {
    const used = textsIn(rest).flatMap((text) =>
      [...text.replaceAll('$$', '').matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name),
    );
    const declared = [...Object.keys(substitutions), ...Object.keys(BUILT_IN)];
    assert.deepEqual([...new Set(used)].sort(), declared.sort());
    const explained = [...BUILD_TEXT.matchAll(/^# {3}(_[A-Z_, ]+?) {2,}\S/gm)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    assert.deepEqual(explained.sort(), Object.keys(substitutions).sort());
  });

  it('reach commands as variables of the shell, whose `$` is doubled', () => {
    for (const script of scriptsOfSteps) {
      assert.doesNotMatch(script.replaceAll('$$', ''), /\$/);
      const assigned = [...script.matchAll(/\b(\w+)=|for (\w+) in/g)].map(([, a, b]) => a ?? b);
      const set = new Set([...BUILD.options.env.map((pair) => pair.split('=')[0]), ...assigned]);
      for (const [, name = ''] of script.matchAll(/\$\$\{?!?([A-Za-z]\w*)/g)) assert.ok(set.has(name), name);
      execFileSync('bash', ['-n', '-c', substitute(script, {})]);
    }
  });

  it('that nobody gave fail the first step by name, as does a base without a digest', () => {
    const { calls, failed } = runBuild({ ...VALUES, _URL: '' });
    assert.deepEqual([failed?.id, calls], ['check', []]);
    assert.match(failed?.says ?? '', /^_URL: must be given, and is not\./);
    const unpinned = runBuild({ ...VALUES, _NODE_IMAGE: 'node:26-slim' });
    assert.deepEqual([unpinned.failed?.id, unpinned.calls], ['check', []]);
    assert.match(unpinned.failed?.says ?? '', /^_NODE_IMAGE: must name the base image by its digest/);
  });
});

describe('the build', () => {
  it('runs as an account of its own, and says where its log goes', () => {
    assert.equal(BUILD.serviceAccount, 'projects/$PROJECT_ID/serviceAccounts/$_BUILDER');
    assert.equal(BUILD.options.logging, 'CLOUD_LOGGING_ONLY');
  });

  it('names files and scripts that there are, and programs that its images have', () => {
    for (const script of scriptsOfSteps) {
      for (const [path] of script.matchAll(/\bdeploy\/[\w.]+/g)) assert.ok(existsSync(ROOT + path), path);
      for (const [, name = ''] of script.matchAll(/\bnpm run (\w+)/g)) assert.ok(name in scripts, name);
    }
    for (const { id, name, entrypoint, args } of BUILD.steps) {
      assert.deepEqual([entrypoint, args[0], args.length], ['bash', '-ceu', 2]);
      const program = /^(?:docker|gcloud)\b/m.exec(args[1])?.[0];
      const image =
        program === undefined
          ? /^\$_NODE_IMAGE$/
          : new RegExp(`/${program === 'gcloud' ? 'google-cloud-cli:slim' : 'docker'}$`);
      assert.match(name, image, id);
    }
    const seconds = (text: string): number => Number(/^(\d+)s$/.exec(text)?.[1]);
    for (const { id, timeout } of BUILD.steps) assert.ok(seconds(timeout) < seconds(BUILD.timeout), id);
  });

  it('calls the probe with all that it wants', () => {
    const script = BUILD.steps.find(({ id }) => id === 'probe')?.args[1] ?? '';
    const help = execFileSync(process.execPath, [`${ROOT}deploy/probe.ts`, '--help'], { encoding: 'utf8' });
    const options = (text: string): string[] =>
      [...text.matchAll(/ --[a-z-]+/g)].map(([name]) => name.trim());
    assert.deepEqual(options(script.split('&& exit 0')[0] ?? '').sort(), [...new Set(options(help))].sort());
  });

  it('checks, tests, builds, pushes, deploys by digest, probes, and only then keeps the image', () => {
    assert.deepEqual(
      BUILD.steps.map(({ id }) => id),
      IDS,
    );
    const { calls, failed } = runBuild(VALUES);
    assert.equal(failed, undefined);
    const image = VALUES._IMAGE;
    const service = `fedbridge --project acme-prod --region europe-west1`;
    const beginnings = [
      'npm ci',
      'npm run check',
      'node test/supply-chain/audit.ts --required',
      'apt-get update',
      'apt-get install',
      'npm test',
      `docker build --file deploy/Dockerfile --tag ${image}:3f2a --build-arg NODE_IMAGE=${VALUES._NODE_IMAGE} ` +
        `--build-arg SOURCE=${VALUES._SOURCE} --build-arg REVISION=0a1b2c --build-arg VERSION=${version} .`,
      `docker create ${image}:3f2a`,
      'docker cp container:/app/sbom.cdx.json sbom.cdx.json',
      'docker rm container',
      `docker push ${image}:3f2a`,
      'docker inspect ',
      `gcloud run services describe ${service} `,
      `gcloud run services update ${service} --image ${image}@sha256:1234 --quiet`,
      `node deploy/probe.ts --url ${VALUES._URL} --audience ${VALUES._AUDIENCE} --bucket acme-lake --key ${VALUES._PROBE_KEY} `,
      `docker tag ${image}:3f2a ${image}:latest`,
      `docker push ${image}:latest`,
    ];
    assert.equal(calls.length, beginnings.length, calls.join('\n'));
    for (const [i, beginning] of beginnings.entries())
      assert.ok(calls[i]?.startsWith(beginning) === true, `${calls[i]} for ${beginning}`);
    assert.deepEqual(BUILD.images, ['$_IMAGE:$BUILD_ID']);
    assert.deepEqual(BUILD.artifacts.objects, { location: '$_ARTIFACTS', paths: ['sbom.cdx.json'] });
  });

  it('fails where the probe does, with the way back, and does not keep the image', () => {
    const { calls, failed } = runBuild(VALUES, 1);
    assert.equal(failed?.id, 'probe');
    assert.ok(
      failed.says.includes(
        `gcloud run services update fedbridge --project acme-prod --region europe-west1 --image ${VALUES._IMAGE}@sha256:0123`,
      ),
      failed.says,
    );
    assert.ok(!calls.some((call) => call.endsWith(':latest')));
  });
});
