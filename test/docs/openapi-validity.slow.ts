// docs/openapi.yaml is a valid OpenAPI 3.1 document.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { OPENAPI_FILE } from '../support/openapi.ts';

it('docs/openapi.yaml is valid according to the JSON Schema of OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(OPENAPI_FILE);
  assert.deepEqual([valid, errors, validator.version], [true, undefined, '3.1']);
});
