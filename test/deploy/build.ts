// Runs the steps of cloudbuild.yaml as Cloud Build would: substitutions first, then each step's script, in one directory; with stand-ins
// for the programs that reach a registry or a cloud, which note how they were called.
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
  readonly artifacts: { readonly objects: { readonly location: string; readonly paths: readonly string[] } };
}

export const BUILD_TEXT = readFileSync(`${ROOT}cloudbuild.yaml`, 'utf8');
export const BUILD = parse(BUILD_TEXT) as Build;

export interface BuildRun {
  /** How programs were called, in order. */
  readonly calls: readonly string[];
  /** Of the step that failed; undefined where none did. */
  readonly failed: { readonly id: string; readonly says: string } | undefined;
}

/** Prints what later steps read of it; `probe` fails where the test says so. */
const STAND_IN = `#!/bin/sh
name=\${0##*/}
printf '%s %s\\n' "$name" "$*" >> "$CALLS"
case "$name $*" in
  'docker create '*) echo container ;;
  'docker cp '*) : > sbom.cdx.json ;;
  'docker inspect '*) printf 'other.example/fedbridge@sha256:0000\\n%s@sha256:1234\\n' "$IMAGE" ;;
  'gcloud run services describe '*) echo "$IMAGE@sha256:0123" ;;
  'node deploy/probe.ts '*) exit "$PROBE_CODE" ;;
esac
`;

/** @param values of user-defined and built-in substitutions */
export function runBuild(values: Readonly<Record<string, string>>, probeCode = 0): BuildRun {
  const directory = makeDirectory();
  try {
    const [programs, workspace, calls] = [
      join(directory, 'bin'),
      join(directory, 'workspace'),
      join(directory, 'calls'),
    ];
    mkdirSync(programs);
    mkdirSync(workspace);
    copyFileSync(`${ROOT}package.json`, join(workspace, 'package.json'));
    for (const name of ['apt-get', 'docker', 'gcloud', 'node', 'npm'])
      writeFileSync(join(programs, name), STAND_IN, { mode: 0o755 });
    const replaced = (text: string): string => substitute(text, { ...BUILD.substitutions, ...values });
    const env = Object.fromEntries(
      BUILD.options.env.map((pair) => replaced(pair).split(/=(.*)/s) as [string, string]),
    );
    const variables = {
      ...env,
      PATH: `${programs}:/usr/bin:/bin`,
      CALLS: calls,
      PROBE_CODE: String(probeCode),
    };
    const told = (): string[] => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []);
    for (const { id, entrypoint, args } of BUILD.steps) {
      const { status, stderr } = spawnSync(entrypoint, args.map(replaced), {
        cwd: workspace,
        env: variables,
        encoding: 'utf8',
        // From a socket, which it would be, bash takes itself for a remote shell.
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (status !== 0) return { calls: told(), failed: { id, says: stderr } };
    }
    return { calls: told(), failed: undefined };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** `$$` is one `$`; a name that there is not is left, and Cloud Build would refuse the file. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$(?:\{(\w+)\}|(\w+))/g,
    (found, braced: string | undefined, plain: string | undefined) =>
      found === '$$' ? '$' : (values[braced ?? plain ?? ''] ?? found),
  );
}
