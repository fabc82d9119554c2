// The policies and calls in docs/how-to/bulk-copies/ agree with the code.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { readPolicyOf } from '../../src/policy/read-policy.ts';
import { statementsOf } from '../policy/statements.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const pageOf = (name: string): string => textOf(`docs/how-to/bulk-copies/${name}.md`);
const only = (language: string, page: string): string => {
  const [block, ...others] = blocks(language, page);
  assert.ok(block !== undefined && others.length === 0, `one block in ${language}`);
  return block;
};

describe('docs/how-to/bulk-copies/', () => {
  it('shows the permission policy that `fedbridge read-policy` prints for a grant on the prefix', () => {
    const arn = 'arn:aws:iam::123456789012:role/lake-copy';
    const config = readConfigDocument(
      JSON.stringify({
        audience: 'https://lake-bridge.example',
        aws: { region: 'eu-west-1', audience: 'fedbridge' },
        roles: { lake: { arn } },
        buckets: { 'acme-lake': { role: 'lake' } },
        grants: [
          {
            callers: ['reader@acme-prod.iam.gserviceaccount.com'],
            allow: ['get', 'list'],
            bucket: 'acme-lake',
            prefix: 'raw/public/',
          },
        ],
      }),
      {},
    );
    assert.deepEqual(statementsOf(only('json', pageOf('README'))), statementsOf(readPolicyOf(config, arn)));
  });

  it('shows the same call of the module as its README.md', () => {
    const [, ...call] = only('hcl', pageOf('storage-transfer')).split('\n');
    assert.equal(call.join('\n'), blocks('hcl', textOf('terraform/modules/bulk-copy/README.md'))[0]);
  });
});
