// Every example request in docs/openapi.yaml gets the response that the document describes, over HTTP/1 and HTTP/2.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf } from '../../support/configuration.ts';
import type { Reply } from '../../support/http-request.ts';
import { METHODS, openapi, operations } from '../../support/openapi.ts';
import { PROTOCOLS } from '../../support/sts-form.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';
import { assertDescribed } from './described-response.ts';
import { sendExample, targetOf, valuesOf } from './send-example.ts';

const EVERYTHING = '[get, list, versions, tags, attributes, vend]';

/** The optional settings add headers and members to responses. */
const config = configured({
  grants: [
    `callers: [${emailOf('reader')}], allow: ${EVERYTHING}, bucket: acme-lake`,
    `callers: [${emailOf('scoped')}], allow: [get, list], bucket: acme-lake, prefix: raw/public/`,
  ],
  more: [
    `operators: [${emailOf('ops')}]`,
    `budgets: [{ callers: [${emailOf('reader')}], bytesPerDay: 1GiB }]`,
    'responses: { serverTiming: true }',
  ].join('\n'),
});

/** @returns the code in an error document of S3, of STS, or in JSON */
function codeOf({ code, text, headers }: Reply): unknown {
  if (!/[/+]json$/.test(headers['content-type'] ?? '')) return code;
  const document = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return document['Code'] ?? document['code'];
}

for (const protocol of ['HTTP/1', 'HTTP/2'] as const)
  for (const cache of ['', '\ncache: { memory: 16MiB }'])
    describe(`the example requests over ${protocol} ${cache === '' ? 'without' : 'with'} a cache`, () => {
      let wire: Wire;
      before(async () => {
        wire = await startWire({ config: (contract) => config(contract) + cache });
      });
      after(() => wire.close());

      for (const operation of operations)
        for (const example of operation['x-example-requests'])
          it(`${operation.method.toUpperCase()} ${operation.path}: ${example.summary}`, async () => {
            const reply = await sendExample(wire, operation, example, protocol);
            assert.equal(reply.status, example.status, reply.text);
            assert.equal(reply.headers['x-fedbridge-error'], example.error);
            if (example.code !== undefined) assert.equal(codeOf(reply), example.code);
            const described = operation.responses[String(reply.status)];
            assert.ok(described !== undefined, `${reply.status} is not described`);
            assertDescribed(reply, described, operation.method);
          });
    });

describe('a method that docs/openapi.yaml does not describe', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config });
  });
  after(() => wire.close());

  for (const path of Object.keys(openapi.paths))
    it(`is rejected for ${path}`, async () => {
      const described = operations.filter((each) => each.path === path);
      const [operation] = described;
      const [example] = operation?.['x-example-requests'] ?? [];
      assert.ok(operation !== undefined && example !== undefined);
      const target = targetOf(operation, valuesOf(operation, example));
      for (const method of METHODS) {
        if (described.some((each) => each.method === method)) continue;
        for (const send of Object.values(PROTOCOLS)) {
          const { status } = await send(wire.bridge.url, target, { method: method.toUpperCase() });
          assert.ok(status === 405 || status === 501, `${method} ${target}: ${status}`);
        }
      }
    });
});
