// Every query parameter that selects an operation in the AWS SDK is served or rejected, never ignored.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../src/errors/fault.ts';
import { operationOn } from '../../src/s3/operation.ts';

/** The parameter in which the SDK sends the operation's name. S3 ignores this parameter. */
const SDK_ONLY = 'x-id';

/** The SDK's schemas contain the path and query of each operation: `["GET", "/{Key+}?tagging", 200]`. */
async function selectorsOfSdk(): Promise<readonly (readonly [key: string, name: string, value: string])[]> {
  const schemas = new URL('../dist-es/schemas/schemas_0.js', import.meta.resolve('@aws-sdk/client-s3'));
  const text = await readFile(fileURLToPath(schemas), 'utf8');
  return [...text.matchAll(/"(?:GET|PUT|POST|DELETE|HEAD)", ?"(\/[^"?]*)\?([^"]*)"/g)].flatMap(
    ([, path = '', query = '']) =>
      [...new URLSearchParams(query)].map(
        ([name, value]) => [path === '/' ? '' : 'key', name, value] as const,
      ),
  );
}

it('every parameter that selects an operation in the AWS SDK is either supported or rejected', async () => {
  const selectors = (await selectorsOfSdk()).filter(([, name]) => name !== SDK_ONLY);
  assert.ok(selectors.length > 80, 'the SDK still has its operations');
  for (const [key, name, value] of [...selectors, ['key', 'uploadId', 'u'] as const]) {
    try {
      const operation = operationOn({ bucket: 'acme-lake', key }, 'GET', new Map([[name, value]]));
      const isServed =
        'parameters' in operation
          ? operation.parameters.some(([sent]) => sent === name)
          : name === 'location';
      assert.ok(isServed, `${name} is ignored`);
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'not_implemented', String(error));
    }
  }
});
