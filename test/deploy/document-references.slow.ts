// The documentation pages about deployment mention only files, tests, variables and options that exist, and a shell can parse
// the commands in them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { ROOT } from './dockerfile.ts';

const DOCUMENTS = ['docs/how-to/deploy-cloud-run.md', 'docs/how-to/deploy-compute-engine.md'] as const;
const terraform = readdirSync(join(ROOT, 'terraform'))
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(join(ROOT, 'terraform', name), 'utf8'))
  .join('\n');

const groups = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

for (const document of DOCUMENTS) {
  const text = readFileSync(join(ROOT, document), 'utf8');
  describe(`the deployment guide ${document}`, () => {
    it('links to files that exist', () => {
      // Addresses of other sites contain a colon.
      const links = groups(text, /\]\(([^)#:]+)\)/g);
      assert.ok(links.length > 0);
      for (const link of links) assert.ok(existsSync(join(ROOT, dirname(document), link)), link);
      for (const path of groups(text, /`((?:deploy|test|terraform)\/[^`\s*]*)`/g))
        assert.ok(existsSync(join(ROOT, path)), path);
    });

    it('names only Terraform variables that the module declares', () => {
      for (const name of groups(text, /\*`(\w+)[^`]*`\*/g))
        assert.match(terraform, new RegExp(`\\b${name}\\b`));
    });

    it('shows commands that a shell can parse', () => {
      for (const block of groups(text, /^```sh\n([^]*?)^```/gm)) {
        execFileSync('bash', ['-n', '-c', block]);
        for (const path of groups(block, /\b(deploy\/[\w./-]+\w)/g))
          assert.ok(existsSync(join(ROOT, path)), path);
      }
    });
  });
}

describe('docs/how-to/deploy-cloud-run.md', () => {
  const text = readFileSync(join(ROOT, DOCUMENTS[0]), 'utf8');

  it('shows a probe job with all required options', () => {
    const help = execFileSync(process.execPath, [join(ROOT, 'deploy/probe.ts'), '--help'], {
      encoding: 'utf8',
    });
    const needed = groups(help, /^ {2}(--[a-z-]+) (?!URL)/gm);
    const job = groups(text, /^(ARGS=.*)$/gm).join(',');
    assert.equal(needed.length, 6);
    for (const option of needed) assert.ok(job.includes(`,${option}=`), option);
  });

  it('shows a valid grant for the probe', () => {
    const [block = ''] = groups(text, /^```yaml\n([^]*?)^```/gm);
    const example = readFileSync(join(ROOT, 'deploy/example.yaml'), 'utf8').replace(/^grants:[^]*/m, '');
    const { grants } = readConfigDocument(example + block);
    assert.deepEqual(
      grants.map(({ allow, bucket, scope }) => [allow, bucket, scope]),
      [[['get'], 'acme-lake', { kind: 'key', key: 'probe/healthz' }]],
    );
  });
});
