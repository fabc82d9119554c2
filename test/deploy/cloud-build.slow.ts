// Runs cloudbuild.yaml and cloudbuild-deploy.yaml step by step. The first file tests a commit and pushes a candidate. The
// second deploys the candidate without traffic, probes it, and only then sends traffic to it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { CANDIDATE, DEPLOY_BUILD, DEPLOY_VALUES, runBuild, TEST_BUILD, TEST_VALUES } from './build.ts';
import { ROOT } from './dockerfile.ts';

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };

function assertCalls(calls: readonly string[], beginnings: readonly string[]): void {
  for (const [i, beginning] of beginnings.entries())
    assert.ok(calls[i]?.startsWith(beginning) === true, `${calls[i]} for ${beginning}`);
  assert.equal(calls.length, beginnings.length, calls.join('\n'));
}

describe('the build of a candidate image', () => {
  it('checks, audits, tests and builds, and only then pushes the tag that starts a deployment', () => {
    const { calls, failed } = runBuild(TEST_BUILD, TEST_VALUES);
    assert.equal(failed, undefined);
    const image = TEST_VALUES._IMAGE;
    assertCalls(calls, [
      'npm ci',
      'npm run check',
      'node test/supply-chain/audit.ts --required',
      'apt-get update',
      'apt-get install',
      'npm test',
      'npm run test:slow',
      `docker build --file deploy/Dockerfile --tag ${image}:3f2a --build-arg NODE_IMAGE=${TEST_VALUES._NODE_IMAGE} ` +
        `--build-arg SOURCE=${TEST_VALUES._SOURCE} --build-arg REVISION=0a1b2c --build-arg VERSION=${version} .`,
      `docker create ${image}:3f2a`,
      'docker cp container:/app/sbom.cdx.json sbom.cdx.json',
      'docker rm container',
      `docker push ${image}:3f2a`,
      'docker inspect ',
      `docker tag ${image}:3f2a ${image}:tested`,
      `docker push ${image}:tested`,
    ]);
    assert.deepEqual(TEST_BUILD.build.images, ['$_IMAGE:$BUILD_ID']);
    assert.deepEqual(TEST_BUILD.build.artifacts?.objects, {
      location: '$_ARTIFACTS',
      paths: ['sbom.cdx.json'],
    });
  });

  it('does not deploy the image', () => {
    assert.doesNotMatch(JSON.stringify(TEST_BUILD.build), /gcloud|probe/);
  });
});

const SERVICE = 'fedbridge --project acme-prod --region europe-west1';
const BEFORE_TRAFFIC = [
  'npm ci --omit=dev --ignore-scripts',
  `docker pull --quiet ${DEPLOY_VALUES._CANDIDATE}`,
  `docker tag ${DEPLOY_VALUES._CANDIDATE} ${DEPLOY_VALUES._IMAGE}:3f2a`,
  `docker push ${DEPLOY_VALUES._IMAGE}:3f2a`,
  'docker inspect ',
  `gcloud run services update ${SERVICE} --image ${DEPLOY_VALUES._IMAGE}@sha256:1234 --no-traffic --tag candidate --quiet`,
  `gcloud run services describe ${SERVICE} --format json`,
  `node deploy/probe.ts --url ${CANDIDATE.url} --audience ${DEPLOY_VALUES._AUDIENCE} --bucket acme-lake --key ${DEPLOY_VALUES._PROBE_KEY} `,
];

describe('the build that deploys an image', () => {
  it('copies the candidate, deploys it by digest without traffic, probes it, moves traffic to it, and tags it as latest', () => {
    const { calls, failed } = runBuild(DEPLOY_BUILD, DEPLOY_VALUES);
    assert.equal(failed, undefined, failed?.stderr ?? '');
    assertCalls(calls, [
      ...BEFORE_TRAFFIC,
      `gcloud run services describe ${SERVICE} --format value(status.latestReadyRevisionName)`,
      `gcloud run services update-traffic ${SERVICE} --to-latest --remove-tags candidate --quiet`,
      `docker tag ${DEPLOY_VALUES._IMAGE}:3f2a ${DEPLOY_VALUES._IMAGE}:latest`,
      `docker push ${DEPLOY_VALUES._IMAGE}:latest`,
    ]);
  });

  it('does not move traffic if the new revision does not start', () => {
    const { calls, failed } = runBuild(DEPLOY_BUILD, DEPLOY_VALUES, { deployCode: 1 });
    assert.equal(failed?.id, 'deploy');
    assertCalls(calls, BEFORE_TRAFFIC.slice(0, -2));
  });

  it('does not move traffic if the probe fails, and prints the next steps', () => {
    const { calls, failed } = runBuild(DEPLOY_BUILD, DEPLOY_VALUES, { probeCode: 1 });
    assert.equal(failed?.id, 'probe');
    assertCalls(calls, BEFORE_TRAFFIC);
    assert.ok(
      failed.stderr.includes(`Revision ${CANDIDATE.revision} failed the probe and gets no traffic`),
      failed.stderr,
    );
    assert.ok(
      failed.stderr.includes(`gcloud run services update-traffic ${SERVICE} --remove-tags candidate`),
      failed.stderr,
    );
  });

  it('does not move traffic to a revision that was created while the probe was running', () => {
    const { calls, failed } = runBuild(DEPLOY_BUILD, DEPLOY_VALUES, {
      latestRevision: 'fedbridge-00003-other',
    });
    assert.equal(failed?.id, 'traffic');
    assert.match(
      failed.stderr,
      /^Revision fedbridge-00003-other was created after fedbridge-00002-new and was not probed/,
    );
    assert.ok(!calls.some((call) => /update-traffic|latest$/.test(call)), calls.join('\n'));
  });

  it('passes all required options to the probe', () => {
    const script = DEPLOY_BUILD.build.steps.find(({ id }) => id === 'probe')?.args[1] ?? '';
    const help = execFileSync(process.execPath, [`${ROOT}deploy/probe.ts`, '--help'], { encoding: 'utf8' });
    const options = (text: string): string[] =>
      [...text.matchAll(/ --[a-z-]+/g)].map(([name]) => name.trim());
    assert.deepEqual(options(script.split('&& exit 0')[0] ?? '').sort(), [...new Set(options(help))].sort());
  });
});
