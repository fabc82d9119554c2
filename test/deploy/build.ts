// Runs a build file as Cloud Build does: replaces substitutions, then runs each step's script in the same directory. Stand-ins
// that record their calls replace the programs that contact a registry or a cloud.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './dockerfile.ts';
import { makeDirectory } from './image.ts';

export interface Step {
  readonly id: string;
  readonly name: string;
  readonly timeout: string;
  readonly entrypoint: string;
  readonly args: readonly [flags: string, script: string];
}

export interface Build {
  readonly substitutions: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly options: { readonly logging: string; readonly env: readonly string[] };
  readonly timeout: string;
  readonly steps: readonly Step[];
  readonly images: readonly string[];
  readonly artifacts?: { readonly objects: { readonly location: string; readonly paths: readonly string[] } };
}

export interface BuildFile {
  readonly name: string;
  readonly text: string;
  readonly build: Build;
}

function readBuild(name: string): BuildFile {
  const text = readFileSync(join(ROOT, name), 'utf8');
  return { name, text, build: parse(text) as Build };
}

/** The build that tests a commit and pushes its image as a candidate. */
export const TEST_BUILD = readBuild('cloudbuild.yaml');
/** The build that deploys a candidate and moves the traffic to it. */
export const DEPLOY_BUILD = readBuild('cloudbuild-deploy.yaml');

/** Cloud Build's built-in substitutions (Cloud Build, "Substituting variable values"). */
export const BUILT_IN = { PROJECT_ID: 'acme-prod', BUILD_ID: '3f2a', COMMIT_SHA: '0a1b2c' };

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const REGISTRY = 'registry.example/acme-prod';
export const IMAGE_VALUES = {
  _NODE_IMAGE: `node@${DIGEST}`,
  _DOCKER_IMAGE: `builders.example/docker@${DIGEST}`,
};
export const TEST_VALUES = {
  ...BUILT_IN,
  ...IMAGE_VALUES,
  _IMAGE: `${REGISTRY}/fedbridge-candidates/fedbridge`,
  _BUILDER: 'tester@acme-prod.iam.gserviceaccount.com',
  _ARTIFACTS: 'gs://acme-build/fedbridge',
  _SOURCE: 'https://git.example/fedbridge',
};
export const DEPLOY_VALUES = {
  ...BUILT_IN,
  ...IMAGE_VALUES,
  _GCLOUD_IMAGE: `builders.example/google-cloud-cli@${DIGEST}`,
  _CANDIDATES: TEST_VALUES._IMAGE,
  _CANDIDATE: `${TEST_VALUES._IMAGE}@${DIGEST}`,
  _IMAGE: `${REGISTRY}/fedbridge/fedbridge`,
  _DEPLOYER: 'deployer@acme-prod.iam.gserviceaccount.com',
  _REGION: 'europe-west1',
  _AUDIENCE: 'https://lake-bridge.example',
  _PROBE_BUCKET: 'acme-lake',
  _PROBE_KEY: "probe/it's here; $(touch x)",
  _PROBE_UNGRANTED_KEY: 'raw/other',
  _PROBE_UNGRANTED_ACCOUNT: 'stranger@acme-prod.iam.gserviceaccount.com',
};

/** The revision that the deployment creates, and the URL of the revision's traffic tag. */
export const CANDIDATE = { revision: 'fedbridge-00002-new', url: 'https://candidate---fedbridge.example' };

/** The output of `gcloud run services describe --format json` after a deployment without traffic. */
const SERVICE = JSON.stringify({
  status: {
    traffic: [
      { revisionName: 'fedbridge-00001-old', percent: 100 },
      { revisionName: CANDIDATE.revision, tag: 'candidate', url: CANDIDATE.url },
    ],
  },
});

export interface BuildRun {
  /** The command lines of the stand-ins, in order. */
  readonly calls: readonly string[];
  /** The step that failed, or undefined if every step succeeded. */
  readonly failed: { readonly id: string; readonly stderr: string } | undefined;
}

/**
 * A stand-in prints the output that later steps read, and fails if a test requests a failure. `node -p` runs the real
 * Node.
 */
const STAND_IN = `#!/bin/sh
name=\${0##*/}
case "$name $*" in 'node -p '*) exec "$NODE" "$@" ;; esac
printf '%s %s\\n' "$name" "$*" >> "$CALLS"
case "$name $*" in
  'docker create '*) echo container ;;
  'docker cp '*) : > sbom.cdx.json ;;
  'docker inspect '*) printf 'other.example/fedbridge@sha256:0000\\n%s@sha256:1234\\n' "$IMAGE" ;;
  'gcloud run services update '*) exit "$DEPLOY_CODE" ;;
  'gcloud run services describe '*json) echo "$SERVICE_JSON" ;;
  'gcloud run services describe '*) echo "$LATEST_REVISION" ;;
  'node deploy/probe.ts '*) exit "$PROBE_CODE" ;;
esac
`;

export interface Faults {
  readonly deployCode?: number;
  readonly probeCode?: number;
  /** The name of a revision that is created while the probe runs. */
  readonly latestRevision?: string;
}

/** @param values the values of user-defined and built-in substitutions */
export function runBuild(
  { build }: BuildFile,
  values: Readonly<Record<string, string>>,
  { deployCode = 0, probeCode = 0, latestRevision = CANDIDATE.revision }: Faults = {},
): BuildRun {
  const directory = makeDirectory();
  try {
    const at = (name: string): string => join(directory, name);
    mkdirSync(at('bin'));
    mkdirSync(at('workspace'));
    copyFileSync(`${ROOT}package.json`, at('workspace/package.json'));
    for (const name of ['apt-get', 'docker', 'gcloud', 'node', 'npm'])
      writeFileSync(at(`bin/${name}`), STAND_IN, { mode: 0o755 });
    const replaced = (text: string): string => substitute(text, { ...build.substitutions, ...values });
    const env = {
      ...Object.fromEntries(
        build.options.env.map((pair) => replaced(pair).split(/=(.*)/s) as [string, string]),
      ),
      PATH: `${at('bin')}:/usr/bin:/bin`,
      NODE: process.execPath,
      CALLS: at('calls'),
      SERVICE_JSON: SERVICE,
      DEPLOY_CODE: String(deployCode),
      PROBE_CODE: String(probeCode),
      LATEST_REVISION: latestRevision,
    };
    const calls = (): string[] =>
      existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trimEnd().split('\n') : [];
    for (const { id, entrypoint, args } of build.steps) {
      const { status, stderr } = spawnSync(entrypoint, args.map(replaced), {
        cwd: at('workspace'),
        env,
        encoding: 'utf8',
        // By default, stdin would be a socket, and bash would then assume that it runs as a remote shell.
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (status !== 0) return { calls: calls(), failed: { id, stderr } };
    }
    return { calls: calls(), failed: undefined };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * Replaces each substitution with its value, and `$$` with `$`. Leaves unknown names unchanged, although Cloud Build would
 * reject them.
 */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$(?:\{(\w+)\}|(\w+))/g,
    (found, braced: string | undefined, plain: string | undefined) =>
      found === '$$' ? '$' : (values[braced ?? plain ?? ''] ?? found),
  );
}
