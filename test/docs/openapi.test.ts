// docs/openapi.yaml describes the routes, parameters and headers of the bridge, and no others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { CONTROL_ROUTES } from '../../src/api/control-paths.ts';
import { FORWARDED_REQUEST_HEADERS } from '../../src/api/request-headers.ts';
import { FORWARDED_OBJECT_HEADERS } from '../../src/api/responses/object-headers.ts';
import { GET_OPERATIONS } from '../../src/s3/operation-table.ts';
import { QUERY_FORM_PATHS } from '../../src/s3/parse-operation.ts';
import { WORDS } from '../../src/s3/sample-request.ts';
import { openapi, openapiSource, operationOf, operations } from '../support/openapi.ts';

const OBJECT = operationOf('get', '/{bucket}/{key}');

const namesIn = (where: string, { parameters } = OBJECT): string[] =>
  parameters.flatMap((each) => (each.in === where ? [each.name] : []));

describe('docs/openapi.yaml', () => {
  it("has the package's version and a relative server URL", () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(openapi.info.version, version);
    assert.deepEqual(
      openapi.servers.map(({ url }) => url),
      ['/'],
    );
  });

  it('describes exactly the paths that the bridge serves', () => {
    const control = CONTROL_ROUTES.map(([path]) => path);
    const expected = ['/', '/{bucket}', '/{bucket}/{key}', ...QUERY_FORM_PATHS, ...control, '/-/sts/'];
    assert.deepEqual(Object.keys(openapi.paths).toSorted(), expected.toSorted());
  });

  it('gives each operation an ID and at least one example request', () => {
    const ids = operations.flatMap(({ path, operationId }) => (path === '/-/sts/' ? [] : [operationId]));
    assert.equal(new Set(ids).size, ids.length);
    for (const { path, method, 'x-example-requests': requests } of operations)
      assert.ok(requests.length > 0, `${method} ${path}`);
  });

  it('uses every component that it defines', () => {
    const text = JSON.stringify(openapiSource);
    for (const [kind, components] of Object.entries(openapiSource.components))
      for (const name of Object.keys(components)) {
        const isUsed =
          kind === 'securitySchemes'
            ? text.includes(`"${name}":[]`)
            : text.includes(`"#/components/${kind}/${name}"`);
        assert.ok(isUsed, `${kind}/${name}`);
      }
  });

  it('has schemas that accept their own examples', () => {
    let count = 0;
    for (const [name, schema] of Object.entries(openapi.components['schemas'] ?? {})) {
      const parsed = z.fromJSONSchema(schema);
      const { examples = [] } = schema as { readonly examples?: readonly unknown[] };
      for (const example of examples) {
        count += 1;
        assert.deepEqual(parsed.safeParse(example).error?.issues, undefined, name);
      }
    }
    assert.ok(count >= 5, String(count));
  });
});

describe('the S3 operations in docs/openapi.yaml', () => {
  it('are those that the bridge serves, with the same query parameters', () => {
    const described = operations.flatMap(({ method, 'x-s3-operations': rows = [] }) =>
      method === 'get' ? rows : [],
    );
    const served = GET_OPERATIONS.map(({ name, selector, parameters, versionActions }) => ({
      name,
      ...(selector === undefined ? {} : { selector: selector.join('=') }),
      parameters: [...parameters, ...(versionActions === undefined ? [] : ['versionId'])].toSorted(),
    }));
    const inOrder = described.map((row) => ({ ...row, parameters: row.parameters.toSorted() }));
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    assert.deepEqual(inOrder.toSorted(byName), served.toSorted(byName));
  });

  it('have exactly the query parameters that the description of their path lists', () => {
    for (const operation of operations) {
      const rows = operation['x-s3-operations'];
      if (rows === undefined) continue;
      const ofRows = rows.flatMap(({ selector, parameters }) => [
        ...parameters,
        ...(selector === undefined ? [] : [selector.replace(/=.*/, '')]),
      ]);
      assert.deepEqual(
        namesIn('query', operation).toSorted(),
        [...new Set(ofRows)].toSorted(),
        operation.operationId,
      );
    }
  });

  it('include HEAD requests for objects, with the same parameters as GetObject', () => {
    const [head] = operationOf('head', '/{bucket}/{key}')['x-s3-operations'] ?? [];
    const get = OBJECT['x-s3-operations']?.find(({ name }) => name === 'GetObject');
    assert.deepEqual(head, { ...get, name: 'HeadObject' });
  });

  it('can also be requested with the key in the query', () => {
    for (const method of ['get', 'head']) {
      const byQuery = operationOf(method, '/-/object');
      const byPath = operationOf(method, '/{bucket}/{key}');
      const expected = ['bucket', 'key', ...namesIn('query', byPath)];
      assert.deepEqual(namesIn('query', byQuery), expected);
      assert.deepEqual(namesIn('header', byQuery), namesIn('header', byPath));
      assert.deepEqual(Object.keys(byQuery.responses), Object.keys(byPath.responses));
    }
  });
});

describe('the headers in docs/openapi.yaml', () => {
  /** S3 rejects these headers in reads. */
  const ONLY_IN_UPLOADS = /^x-amz-server-side-encryption(?!-customer-)/;

  /** A header that only lists have, and the headers that the bridge does not forward unchanged. */
  const OTHERS = ['x-amz-optional-object-attributes', 'if-range', 'x-amz-expected-bucket-owner'];

  it('include every request header that the bridge forwards', () => {
    const described = new Set(
      operations.flatMap((operation) => namesIn('header', operation)).map((name) => name.toLowerCase()),
    );
    const forwarded = FORWARDED_REQUEST_HEADERS.filter((name) => !ONLY_IN_UPLOADS.test(name));
    const expected = new Set([...forwarded, ...OTHERS, 'x-amz-request-payer']);
    assert.deepEqual([...described].toSorted(), [...expected].toSorted());
  });

  it('include every object header that the bridge forwards, except Content-Type', () => {
    const described = new Set(
      ['200', '206']
        .flatMap((status) => Object.keys(OBJECT.responses[status]?.headers ?? {}))
        .map((name) => name.toLowerCase()),
    );
    for (const name of FORWARDED_OBJECT_HEADERS)
      assert.equal(described.has(name), name !== 'content-type', name);
  });
});

describe('the actions in docs/openapi.yaml', () => {
  it('are exactly the actions that `allow` in a grant accepts', () => {
    assert.deepEqual(openapi.components['schemas']?.['Action']?.['enum'], [...WORDS, 'vend']);
    const action = operationOf('get', '/-/explain').parameters.find(({ name }) => name === 'action');
    assert.deepEqual(action?.schema['enum'], [...WORDS, 'vend']);
  });
});
