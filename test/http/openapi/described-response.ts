// Compares a response with its description in docs/openapi.yaml.
import assert from 'node:assert/strict';
import * as z from 'zod';
import { xmlReader } from '../../../src/s3/xml-reader.ts';
import type { Reply } from '../../support/http-request.ts';
import type { DescribedResponse, Schema } from '../../support/openapi.ts';

/** Headers that belong to one connection or to HTTP itself. OpenAPI describes Content-Type with the content. */
const OF_HTTP = new Set([':status', 'connection', 'content-type', 'date', 'keep-alive', 'transfer-encoding']);

/** @throws AssertionError if the headers or the body differ from the description */
export function assertDescribed(reply: Reply, described: DescribedResponse, method: string): void {
  assertHeaders(reply, described.headers ?? {});
  const { 'content-type': contentType } = reply.headers;
  if (method === 'head' || reply.status === 304) assert.equal(reply.body.length, 0);
  if (contentType === undefined) return;
  const [type = ''] = contentType.split(';', 1);
  const { content = {} } = described;
  const schema = (content[type] ?? content['*/*'])?.schema;
  assert.ok(schema !== undefined, `${type} is not described`);
  if (reply.body.length === 0) return;
  if (/[/+]json$/.test(type)) assertMatches(schema, JSON.parse(reply.text));
  else if (type.endsWith('/xml')) assertXml(schema, reply.text);
}

export function assertMatches(schema: Schema, value: unknown): void {
  assert.deepEqual(z.fromJSONSchema(schema).safeParse(value).error?.issues, undefined);
}

function assertHeaders({ headers }: Reply, described: NonNullable<DescribedResponse['headers']>): void {
  const names = new Map(Object.entries(described).map(([name, header]) => [name.toLowerCase(), header]));
  for (const name of Object.keys(headers))
    assert.ok(OF_HTTP.has(name) || names.has(name), `the header ${name} is not described`);
  for (const [name, { required }] of names)
    if (required === true) assert.ok(headers[name] !== undefined, `the header ${name} is missing`);
}

interface XmlSchema {
  readonly anyOf?: readonly XmlSchema[];
  readonly oneOf?: readonly XmlSchema[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly xml?: { readonly name: string; readonly namespace?: string };
}

/** Compares the root element, its namespace, and the names of the elements in it. */
function assertXml(schema: XmlSchema, text: string): void {
  let root = '';
  const elements: string[] = [];
  const reader = xmlReader({
    onOpen: (name, parent) => {
      if (parent === '') root = name;
      else if (parent === root) elements.push(name);
    },
    onClose: () => undefined,
  });
  reader.write(text);
  reader.end();
  const choices = schema.anyOf ?? schema.oneOf ?? [schema];
  const found = choices.find(({ xml }) => xml?.name === root);
  assert.ok(found !== undefined, `the element ${root} is not described`);
  assert.equal(/ xmlns="([^"]*)"/.exec(text)?.[1], found.xml?.namespace);
  for (const name of elements)
    assert.ok(name in (found.properties ?? {}), `${name} in ${root} is not described`);
}
