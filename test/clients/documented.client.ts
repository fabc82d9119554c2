// Runs the snippets of docs/how-to/clients/ on a caller's machine, and checks the bytes that they read.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HAS_BOTO3, hasModule } from './boto3.ts';
import { BUCKET, freePort, ORDERS, ORDERS_KEY, startLake, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { PATH, unavailable } from './program.ts';
import { here, readSnippets } from './snippets.ts';
import type { Snippet } from './snippets.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
/** Snippets marked as "not run here" are omitted in CI, and reported as skipped outside CI. */
const snippets = readSnippets().filter(({ needs }) => needs === undefined || process.env['CI'] === undefined);
const skip =
  snippets.length === 0
    ? 'skipped, because docs/how-to/clients/ has no snippets'
    : unavailable('aws', 'curl', 'rclone', 's3cmd', 's3fs', ...(HAS_BOTO3 ? [] : ['python3-boto3']));

const PROGRAMS = {
  sh: ['bash', 'it.sh'],
  python: ['python3', 'it.py'],
  js: ['node', 'it.mjs'],
  ini: ['true', 'it.ini'],
} as const;
/** Matches a snippet that mounts the bucket as `lake`. */
const MOUNTED = /^.*\bs3fs acme-lake lake\b/m;
const READ_MOUNTED = `trap 'fusermount -u -z lake' EXIT; cat lake/${ORDERS_KEY}`;
/** Programs and devices that some snippets need, each with a check that it is missing. */
const LACKING: readonly (readonly [snippet: RegExp, lacks: () => boolean, what: string])[] = [
  [MOUNTED, () => !existsSync('/dev/fuse'), '/dev/fuse'],
  [/^import pandas$/m, () => !hasModule('pandas'), 'pandas'],
  [/^import google\.auth/m, () => !hasModule('google.auth'), 'google-auth'],
];
/** In CI, a missing program or device fails the test instead of skipping it. */
function lackingFor(text: string): string | undefined {
  if (process.env['CI'] !== undefined) return undefined;
  return LACKING.find(([pattern, lacks]) => pattern.test(text) && lacks())?.[2];
}

const READS = new RegExp(`${ORDERS_KEY}|${MOUNTED.source}`, 'm');

describe('docs/how-to/clients', { skip }, () => {
  let lake: Lake;
  let env: Record<string, string>;
  let metadata: string;
  before(async () => {
    const port = await freePort();
    lake = await startLake(undefined, {
      environment: { PORT: String(port) },
      config: ({ awsAudience, region, role, callers }) => `audience: http://127.0.0.1:${port}
aws: { region: ${region}, audience: ${awsAudience} }
roles: { lake: { arn: '${role}' } }
buckets: { ${BUCKET}: { role: lake } }
grants: [{ callers: [${callers.reader}], allow: [get, list], bucket: ${BUCKET} }]`,
    });
    metadata = new URL(await lake.wire.sandbox.machineOf('reader')).host;
    const bin = join(lake.directory, 'bin');
    await mkdir(bin);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${ROOT}src/main.ts' "$@"\n`;
    await writeFile(join(bin, 'fedbridge'), program, { mode: 0o755 });
    await symlink(join(ROOT, 'node_modules'), join(lake.directory, 'node_modules'));
    env = {
      PATH: `${bin}:${PATH}`,
      AWS_EC2_METADATA_DISABLED: 'true',
      PYTHONDONTWRITEBYTECODE: '1',
      // google-auth for Python reads GCE_METADATA_ROOT and GCE_METADATA_IP.
      GCE_METADATA_HOST: metadata,
      GCE_METADATA_ROOT: metadata,
      GCE_METADATA_IP: metadata,
    };
  });
  after(() => lake.close());

  /** Runs the snippet in a new directory; returns its output. */
  async function play(snippet: Snippet): Promise<string> {
    const directory = await mkdtemp(join(lake.directory, 'snippet-'));
    const [program, name] = PROGRAMS[snippet.language];
    await writeFile(join(directory, name), scriptOf(snippet));
    return succeeded(await lake.run(program, [name], { env, directory }));
  }
  function scriptOf(snippet: Snippet): string {
    const text = here(snippet, lake.url, metadata);
    if (snippet.language !== 'sh') return text;
    const token = snippets.find((other) => other.text.startsWith('TOKEN='));
    const before = token === undefined || token === snippet ? '' : here(token, lake.url, metadata);
    return ['set -euo pipefail', before, text, MOUNTED.test(text) ? READ_MOUNTED : ''].join('\n');
  }

  for (const snippet of snippets) {
    const { language, page, line, text, needs } = snippet;
    const missing = needs ?? lackingFor(text);
    const skipped = missing === undefined ? false : `skipped, because it needs ${missing}`;
    it(`has a working ${language} snippet in ${page}, line ${line}`, { skip: skipped }, async () => {
      if (language === 'ini') {
        await mkdir(join(lake.directory, '.aws'), { recursive: true });
        await writeFile(join(lake.directory, '.aws/config'), here(snippet, lake.url, metadata));
        return;
      }
      const shown = await play(snippet);
      if (text.includes('pandas')) assert.match(shown, /^3 +4 +shelf +1$/m);
      else if (READS.test(text)) assert.equal(shown.trim(), ORDERS.trim());
    });
  }
});
