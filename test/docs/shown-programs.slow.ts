// Runs the command blocks in docs/how-to/, docs/how-to/bulk-copies/ and docs/reference/, except blocks that state that they need a cloud.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { textOf } from './render.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = globSync('docs/{how-to,how-to/bulk-copies,reference}/*.md', { cwd: ROOT });

/** Other tests run the blocks that use a client, a running sandbox, or the archive for VMs. */
const RUN_ELSEWHERE = [
  /^curl -sf -H "Authorization: Bearer \$TOKEN" -G /,
  /^(?:npm run sandbox\b|export AWS_ACCESS_KEY_ID=|curl -X PUT 127\.0\.0\.1:8085|TOKEN=\$\(curl -s 127\.0\.0\.1:8085)/,
  /^sh deploy\/gce\/pack\.sh /,
];

const fedbridge = `fedbridge() { '${process.execPath}' '${join(ROOT, 'src/main.ts')}' "$@"; }`;

for (const page of PAGES) {
  const blocks = [...textOf(page).matchAll(/^( *)```sh\n(.*?)^ *```/gms)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
  describe(`the commands in ${page}`, { skip: blocks.length === 0 && 'it has none' }, () => {
    for (const block of blocks) {
      const [start = ''] = block.split('\n');
      it(`run without an error: ${start.slice(0, 80)}`, () => {
        if (block.startsWith('# not run here: needs ') || RUN_ELSEWHERE.some((each) => each.test(block)))
          return;
        const env = { PATH: process.env['PATH'], FEDBRIDGE_CONFIG: 'deploy/example.yaml' };
        const script = ['set -eu', fedbridge, block].join('\n');
        const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: ROOT, env, encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      });
    }
  });
}
