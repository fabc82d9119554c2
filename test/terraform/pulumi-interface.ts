// Extracts a block's or attribute's schema from a Pulumi package's TypeScript interfaces, which are generated from the Terraform
// provider's schema with names in camel case. The result is used only for what is newer than the cdktf package.
import type { Attribute, NestedBlockSchema } from './provider-schema.ts';

/**
 * @param code the text of types/input.d.ts
 * @param name the interface's name within its namespace, such as `ServiceTemplateContainerReadinessProbe`
 */
export function schemaOfInterface(code: string, namespace: string, name: string): NestedBlockSchema {
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlockSchema> = {};
  for (const [, property = '', optional, type = ''] of bodyOf(code, namespace, name).matchAll(
    /^\s+(\w+)(\??): pulumi\.Input<([^;]*)>;$/gm,
  )) {
    const nested = new RegExp(`inputs\\.${namespace}\\.(\\w+)`).exec(type)?.[1];
    const snake = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const required = optional === '';
    if (nested !== undefined) {
      blocks[snake] = {
        ...schemaOfInterface(code, namespace, nested),
        required,
        repeated: type.includes('[]'),
      };
    } else {
      const [, simple, item] =
        /^(?:(string|number|boolean)|pulumi\.Input<(string|number|boolean)>\[\])(?: \| undefined)?$/.exec(
          type,
        ) ?? [];
      const plain = (simple ?? item)?.replace('boolean', 'bool');
      if (plain === undefined) throw new Error(`${name}.${property} has an unknown type: ${type}`);
      attributes[snake] =
        `${required ? 'required' : 'optional'} ${item === undefined ? plain : `list(${plain})`}`;
    }
  }
  return { required: false, repeated: false, attributes, blocks };
}

/**
 * @param code the text of the file that declares the resource
 * @param name the interface's name, such as `ServiceArgs`
 * @param property the attribute's name in camel case; its type must be a string, number or boolean
 */
export function attributeOf(code: string, name: string, property: string): Attribute {
  const [, body = ''] = new RegExp(`^export interface ${name} \\{\\n([^]*?)^\\}`, 'm').exec(code) ?? [];
  const [, optional, type] =
    new RegExp(
      `^ +${property}(\\??): pulumi\\.Input<(string|number|boolean)(?: \\| undefined)?>;$`,
      'm',
    ).exec(body) ?? [];
  if (type === undefined) throw new Error(`${name} has no simple property ${property}.`);
  return `${optional === '' ? 'required' : 'optional'} ${type.replace('boolean', 'bool')}`;
}

function bodyOf(code: string, namespace: string, name: string): string {
  const start = code.indexOf(`export declare namespace ${namespace} {`);
  const [, body] =
    new RegExp(`^ {4}interface ${name} \\{\\n([^]*?)^ {4}\\}`, 'm').exec(code.slice(start)) ?? [];
  if (start === -1 || body === undefined) throw new Error(`There is no ${namespace}.${name}.`);
  return body;
}
