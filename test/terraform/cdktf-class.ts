// Extracts a type's schema from the JavaScript that cdktf generates for it: one class for the type, and one for each block.
import type { Attribute, BlockSchema, NestedBlockSchema } from './provider-schema.ts';

/** The Terraform type that corresponds to each accessor method of cdktf. */
const TYPE_OF_ACCESSOR: Readonly<Record<string, string>> = {
  getStringAttribute: 'string',
  getNumberAttribute: 'number',
  getBooleanAttribute: 'bool',
  getListAttribute: 'list(string)',
  getNumberListAttribute: 'list(number)',
  getStringMapAttribute: 'map(string)',
  StringMap: 'map(string)',
  BooleanMap: 'map(bool)',
  NumberMap: 'map(number)',
};

/** Returns the schema of the class for a resource or data type. @throws Error if the code has an unexpected structure */
export function schemaOfType(code: string): BlockSchema {
  const classes = new Map(
    [...code.matchAll(/^class (\w+) extends [^\n]*\{\n([^]*?)^\}/gm)].map(([, name = '', body = '']) => [
      name,
      body,
    ]),
  );
  const [top] = [...classes].filter(([, body]) => body.includes('terraformResourceType:'));
  if (top === undefined)
    throw new Error('There is no class with a terraformResourceType: cdktf may have changed its output.');
  return schemaOfClass(top[1], classes);
}

function schemaOfClass(body: string, classes: ReadonlyMap<string, string>): BlockSchema {
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlockSchema> = {};
  const simple =
    /^ {4}get (\w+)\(\) \{\n\s+return (cdkt[fn]\.Fn\.tolist\()?this\.(get\w+Attribute)\('(\w+)'\)/gm;
  for (const [, property = '', set, accessor = '', name = ''] of body.matchAll(simple)) {
    const type = typeOf(accessor);
    attributes[name] = `${usage(body, property)} ${set === undefined ? type : type.replace('list', 'set')}`;
  }
  // For a list of blocks, the third argument specifies whether the list is a set.
  const complex = /^ +(?:this\.)?_(\w+) = new (?:cdkt[fn]\.)?(\w+)\(this, "(\w+)"(?:, (true|false))?/gm;
  for (const [, property = '', className = '', name = '', isSet] of body.matchAll(complex)) {
    const use = usage(body, property);
    const repeated = className.endsWith('List');
    const nested = classes.get(repeated ? className.replace(/List$/, 'OutputReference') : className);
    if (nested === undefined) attributes[name] = `${use} ${typeOf(className)}`;
    else if (use === 'computed') attributes[name] = 'computed object';
    else {
      const nesting = { required: use === 'required', repeated, ...(isSet === 'true' && { set: true }) };
      blocks[name] = { ...nesting, ...schemaOfClass(nested, classes) };
    }
  }
  return { attributes, blocks };
}

function typeOf(accessor: string): string {
  const type = TYPE_OF_ACCESSOR[accessor];
  if (type === undefined) throw new Error(`${accessor} is not known: add it to TYPE_OF_ACCESSOR.`);
  return type;
}

/** A property with a reset method is optional; one without a setter is computed. */
function usage(body: string, property: string): 'required' | 'optional' | 'computed' {
  const capital = property.charAt(0).toUpperCase() + property.slice(1);
  if (body.includes(`    reset${capital}() {`)) return 'optional';
  return body.includes(`    set ${property}(value) {`) || body.includes(`    put${capital}(value) {`)
    ? 'required'
    : 'computed';
}
