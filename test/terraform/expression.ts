// Parses the expressions in a Terraform file's strings into syntax trees, and finds their references.
import { getExpressionAst } from '@cdktn/hcl2json';

/** A syntax tree node from hcl2json. Nodes for parentheses, object keys and the element of a splat have an empty type. */
export interface Node {
  readonly type: string;
  readonly children: readonly Node[];
  readonly meta: Readonly<Record<string, unknown>>;
  readonly range: { readonly start: { readonly byte: number }; readonly end: { readonly byte: number } };
}

/** A part of a string in a parsed file: a literal, or the code within `${…}`. */
export type Part = string | { readonly code: string };

/** @throws Error if a `${` has no end, or the text has a directive (`%{`), which the Terraform files do not use */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 2;
    } else if (text.startsWith('${', at)) {
      const end = endOf(text, at + 2);
      if (literal !== '') parts.push(literal);
      parts.push({ code: text.slice(at + 2, end) });
      literal = '';
      at = end;
    } else if (text.startsWith('%{', at)) throw new Error(`Unsupported directive in ${text}`);
    else literal += text.charAt(at);
  }
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

/**
 * @returns the index of the brace that closes the `${` before `from`; braces in quotes count only inside a nested
 * `${…}`
 */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = endOfQuote(text, at + 1);
    else if (character === '{') depth += 1;
    else if (character === '}' && depth === 0) return at;
    else if (character === '}') depth -= 1;
  }
  throw new Error(`Unclosed expression in ${text}`);
}

function endOfQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '"') return at;
    if (text.charAt(at) === '\\') at += 1;
    else if (text.startsWith('$${', at)) at += 2;
    else if (text.startsWith('${', at)) at = endOf(text, at + 2);
  }
  throw new Error(`Unclosed quote in ${text}`);
}

/** @throws Error if the code is not an expression */
export async function treeOf(code: string): Promise<Node> {
  const node = await getExpressionAst('expression', code);
  if (node === null) throw new Error(`Not an expression: ${code}`);
  return node;
}

/** The names in a chain such as `aws_iam_role.bridge["x"].arn`, without its indices. */
export type Reference = readonly string[];

/** @param known names that are defined locally, by a `for` or a dynamic block */
export function referencesIn(node: Node, known: ReadonlySet<string> = new Set()): Reference[] {
  const path = pathOf(node);
  if (path !== undefined) return [...(known.has(path[0] ?? '') ? [] : [path]), ...indicesIn(node, known)];
  if (node.type !== 'for') return node.children.flatMap((child) => referencesIn(child, known));
  const inner = new Set([...known, String(node.meta['keyVar']), String(node.meta['valVar'])]);
  return node.children.flatMap((child, i) => referencesIn(child, i === 0 ? known : inner));
}

/** @returns the reference in a chain of names, indices and splats, or undefined for other nodes */
function pathOf(node: Node): Reference | undefined {
  const [source, each] = node.children;
  switch (node.type) {
    case 'scopeTraversal':
      return namesOf(node);
    case 'relativeTraversal': {
      const path = source === undefined ? undefined : pathOf(source);
      return path === undefined ? undefined : [...path, ...namesOf(node)];
    }
    case 'index':
      return source === undefined ? undefined : pathOf(source);
    case 'splat': {
      const path = source === undefined ? undefined : pathOf(source);
      return path === undefined || each === undefined ? undefined : [...path, ...namesOf(each)];
    }
    default:
      return undefined;
  }
}

function namesOf({ meta }: Node): string[] {
  const traversal = (meta['traversal'] ?? []) as readonly {
    readonly type: string;
    readonly segment: string;
  }[];
  return traversal.filter(({ type }) => type === 'nameTraversal').map(({ segment }) => segment);
}

/** @returns the references in indices, such as `b` in `a[b].c` */
function indicesIn(node: Node, known: ReadonlySet<string>): Reference[] {
  const [source, key] = node.children;
  return [
    ...(node.type === 'index' && key !== undefined ? referencesIn(key, known) : []),
    ...(source !== undefined && node.type !== 'scopeTraversal' ? indicesIn(source, known) : []),
  ];
}
