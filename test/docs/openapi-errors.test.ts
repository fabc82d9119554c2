// The errors in docs/openapi.yaml are the errors in the table of faults and the errors from S3.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { S3_OUTCOMES } from '../../src/api/responses/s3-error.ts';
import { CONSOLE_FAULTS } from '../../src/errors/console-faults.ts';
import type { FaultRow } from '../../src/errors/fault-row.ts';
import { PROXY_FAULTS } from '../../src/errors/proxy-faults.ts';
import { STS_ROUTE_FAULTS } from '../../src/errors/sts-route-faults.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { VENDING_FAULTS } from '../../src/errors/vending-faults.ts';
import { openapi, operationOf, operations } from '../support/openapi.ts';

/** The faults of requests that the bridge could not read, which belong to no operation. */
const UNREAD = ['request_malformed', 'request_headers_too_large', 'request_too_slow', 'host_missing'];

/** The fault of a route or method that the document does not describe. */
const NOT_IN_DOCUMENT = ['route_unknown', 'method_not_allowed'];

const rowsWithout = (...codes: readonly string[]): FaultRow[] =>
  Object.entries<FaultRow>(FAULTS).flatMap(([code, row]) => (codes.includes(code) ? [] : [row]));

const ELSEWHERE = [...Object.keys(CONSOLE_FAULTS), ...Object.keys(PROXY_FAULTS)];
const STS = Object.keys(STS_ROUTE_FAULTS);

const enumOf = (schema: string): readonly unknown[] => {
  const values = openapi.components['schemas']?.[schema]?.['enum'];
  assert.ok(Array.isArray(values), schema);
  return (values as readonly unknown[]).toSorted();
};

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted();

const errorStatuses = (method: string, path: string): number[] =>
  Object.keys(operationOf(method, path).responses)
    .map(Number)
    .filter((status) => status >= 400);

describe('the errors in docs/openapi.yaml', () => {
  it('have exactly the outcomes in the table of faults and from S3', () => {
    const outcomes = [
      ...rowsWithout(...ELSEWHERE).map(({ outcome }) => outcome),
      ...S3_OUTCOMES.map(([outcome]) => outcome),
    ];
    assert.deepEqual(enumOf('Outcome'), distinct(outcomes));
  });

  it('have exactly the S3 error codes in the table of faults', () => {
    const codes = rowsWithout(...ELSEWHERE, ...STS).flatMap(({ s3Code, toS3Client }) =>
      toS3Client === undefined ? [s3Code] : [s3Code, toS3Client.s3Code],
    );
    assert.deepEqual(enumOf('BridgeCode'), distinct(codes));
  });

  it('include those for unreadable requests, which are in the description of the API', () => {
    const statuses = Object.entries<FaultRow>(FAULTS).flatMap(([code, { status }]) =>
      UNREAD.includes(code) ? [status] : [],
    );
    assert.deepEqual(new Set(statuses), new Set([400, 431, 408]));
    assert.match(openapi.info.description.replaceAll(/\s+/g, ' '), /respond with 400, 408 or 431 and close/);
  });

  it('for /-/sts have only the error codes of that route and the codes that all routes share', () => {
    const described = enumOf('StsCode');
    const own = [
      ...Object.values<FaultRow>(STS_ROUTE_FAULTS).map(({ s3Code }) => s3Code),
      ...rowsWithout().flatMap(({ toStsClient }) => (toStsClient === undefined ? [] : [toStsClient.s3Code])),
    ];
    for (const code of own) assert.ok(described.includes(code), code);
    const shared = enumOf('BridgeCode');
    for (const code of described)
      assert.ok(own.includes(String(code)) || shared.includes(code), String(code));
  });

  it('for object reads have exactly the error statuses that a read can cause', () => {
    const others = [...ELSEWHERE, ...STS, ...Object.keys(VENDING_FAULTS), ...UNREAD, ...NOT_IN_DOCUMENT];
    const statuses = rowsWithout(...others).flatMap(({ status, toS3Client }) =>
      toS3Client === undefined ? [status] : [status, toS3Client.status],
    );
    const ofS3 = [...S3_OUTCOMES.map(([, status]) => status), 405];
    const expected = [...new Set([...statuses, ...ofS3])].toSorted((a, b) => a - b);
    assert.deepEqual(errorStatuses('get', '/{bucket}/{key}'), expected);
    assert.deepEqual(errorStatuses('get', '/-/object'), expected);
  });

  it('for /-/credentials have the statuses of all faults that concern issued credentials', () => {
    const described = errorStatuses('get', '/-/credentials');
    for (const { status } of Object.values<FaultRow>(VENDING_FAULTS))
      assert.ok(described.includes(status), String(status));
  });

  it('for /-/sts have the statuses of all faults of that route, except the 405 for unsupported methods', () => {
    const described = errorStatuses('post', '/-/sts');
    for (const { status } of [...Object.values<FaultRow>(STS_ROUTE_FAULTS), FAULTS.request_too_slow])
      assert.equal(described.includes(status), status !== 405, String(status));
  });

  it('have, for every operation, only statuses that are in the table of faults or come from S3', () => {
    const known = new Set([
      ...rowsWithout(...ELSEWHERE).flatMap(({ status, toS3Client, toStsClient }) =>
        [status, toS3Client?.status, toStsClient?.status].filter((each) => each !== undefined),
      ),
      ...S3_OUTCOMES.map(([, status]) => status),
    ]);
    for (const { method, path } of operations)
      for (const status of errorStatuses(method, path)) assert.ok(known.has(status), `${path} ${status}`);
  });
});
