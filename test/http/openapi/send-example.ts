// Sends a request that docs/openapi.yaml shows as an example, with a real token.
import assert from 'node:assert/strict';
import type { Reply } from '../../support/http-request.ts';
import { googleClaims } from '../../support/google-claims.ts';
import type { ExampleRequest, Operation, Parameter } from '../../support/openapi.ts';
import { PROTOCOLS } from '../../support/sts-form.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import type { Wire } from '../../support/wire.ts';
import { assertMatches } from './described-response.ts';

/** The headers of each security scheme. */
const CREDENTIALS: Readonly<Record<string, (token: string) => Record<string, string>>> = {
  identityToken: asBearer,
  s3Signature: asS3Client,
  containerToken: (token) => ({ authorization: token }),
};

type Values = readonly (readonly [parameter: Parameter, value: string | number])[];

/** @throws AssertionError if the example uses parameters or credentials that the operation does not describe */
export async function sendExample(
  wire: Wire,
  operation: Operation,
  example: ExampleRequest,
  protocol: keyof typeof PROTOCOLS,
): Promise<Reply> {
  const { as, form } = example;
  const values = valuesOf(operation, example);
  const token = as === undefined ? '' : wire.sandbox.mint(googleClaims(wire, as));
  const headers = {
    ...Object.fromEntries(inPart(values, 'header').map(([{ name }, value]) => [name, String(value)])),
    ...example.headers,
    ...(as === undefined || form !== undefined ? {} : credentialsOf(operation, example, token)),
  };
  if (form === undefined)
    return PROTOCOLS[protocol](wire.bridge.url, targetOf(operation, values), {
      method: operation.method.toUpperCase(),
      headers,
    });
  const [type = '', { schema } = { schema: {} }] =
    Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (example.status < 400) assertMatches(schema, form);
  const filled = Object.entries(form).map(([name, value]) => [name, value.replace('{token}', token)]);
  return PROTOCOLS[protocol](wire.bridge.url, targetOf(operation, values), {
    method: operation.method.toUpperCase(),
    headers: { ...headers, 'content-type': type },
    body: new URLSearchParams(filled).toString(),
  });
}

/** @returns the path and query of a request with these parameters */
export function targetOf({ path }: Pick<Operation, 'path'>, values: Values): string {
  const filled = inPart(values, 'path').reduce(
    (text, [{ name }, value]) =>
      text.replace(`{${name}}`, () => String(value).split('/').map(encodeURIComponent).join('/')),
    path,
  );
  const query = inPart(values, 'query').map(([{ name }, value]) => `${name}=${encodeURIComponent(value)}`);
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
}

const inPart = (values: Values, part: Parameter['in']): Values =>
  values.filter(([{ in: where }]) => where === part);

export function valuesOf(
  { parameters }: Operation,
  { parameters: given = {}, status }: ExampleRequest,
): Values {
  const values = Object.entries(given).map(([name, value]) => {
    const parameter = parameters.find((each) => each.name === name);
    assert.ok(parameter !== undefined, `the parameter ${name} is not described`);
    if (status < 400) assertMatches(parameter.schema, value);
    return [parameter, value] as const;
  });
  if (status < 400)
    for (const { name, required } of parameters) assert.ok(required !== true || name in given, name);
  return values;
}

function credentialsOf(
  { security }: Operation,
  { credentials = 'identityToken' }: ExampleRequest,
  token: string,
): Record<string, string> {
  const isDescribed = security.length === 0 || security.some((scheme) => credentials in scheme);
  const headersOf = CREDENTIALS[credentials];
  assert.ok(isDescribed && headersOf !== undefined, `the credentials ${credentials} are not described`);
  return headersOf(token);
}
