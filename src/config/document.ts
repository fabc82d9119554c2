// Reads YAML 1.2 into plain values, and records each value's position in the text. Nothing else imports `yaml`.
import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document as YamlDocument, Node } from 'yaml';
import type { Problem } from './problem.ts';
import { type Path, escapeText, quote, showPath } from './show.ts';
import { LARGEST_DOCUMENT_BYTES } from './read-file.ts';

/** A value's position in the document, in the form that messages show. */
export interface Location {
  readonly field: string;
  readonly line?: number;
  /** The text of the value, if it is a scalar. */
  readonly source?: string;
}

export interface ConfigDocument {
  /** The values in the document, which are not validated yet. */
  readonly raw: unknown;
  readonly problems: readonly Problem[];
  /** Whether the document's fields could be determined. If not, no further checks are possible. */
  readonly readable: boolean;
  readonly locate: (path: Path) => Location;
}

/**
 * The maximum number of aliases. For each alias, the library scans the document for the anchor, so a document with many aliases
 * would take too long.
 */
const MOST_ALIASES = 500;

/**
 * The library's `maxAliasCount`, which limits how far nested aliases may expand. A document above this limit is probably a
 * "billion laughs" attack.
 */
const MOST_ALIASED_VALUES = 5000;

/** Syntax errors that do not affect the position of any other field. */
const LEAVES_TREE_WHOLE: ReadonlySet<string> = new Set([
  'DUPLICATE_KEY',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
]);

const FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep only one of the two fields.',
  NON_STRING_KEY: 'Use text as the name of the field, not a list or a map.',
  TAG_RESOLVE_FAILED: 'Remove the YAML tag, which begins with an exclamation mark.',
  BAD_SCALAR_START: 'Put the value in quotes.',
  BAD_DQ_ESCAPE: 'Double the backslash, or use single quotes.',
  MULTIPLE_DOCS: 'Keep only one YAML document in the file.',
  TAB_AS_INDENT: 'Indent with spaces.',
};

const EMPTY = { raw: undefined, readable: false, locate: (path: Path) => ({ field: showPath(path) }) };

type Position = ReturnType<LineCounter['linePos']>;

const syntaxProblem = ({ line, col }: Position, rule: string, fix: string): Problem => ({
  field: `line ${line}, column ${col}`,
  rule,
  fix,
});

/** Finds the node at a path, and follows aliases. If there is no node at the path, returns the nearest parent node. */
function nodeAt(document: YamlDocument, path: Path): { node?: Node; exact: boolean } {
  const through = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  let node: unknown = through(document.contents);
  for (const step of path) {
    const next: unknown = isMap(node) || isSeq(node) ? through(node.get(step, true)) : undefined;
    if (!isNode(next)) return isNode(node) ? { node, exact: false } : { exact: false };
    node = next;
  }
  return isNode(node) ? { node, exact: true } : { exact: true };
}

/**
 * Finds parts that are valid YAML but not allowed in a configuration: fields that would set a JavaScript object's prototype,
 * and aliases without an anchor.
 */
function findForbidden(document: YamlDocument, lines: LineCounter): Problem[] {
  const problems: Problem[] = [];
  let aliases = 0;
  const add = (node: Node, rule: string, fix: string) => {
    problems.push(syntaxProblem(lines.linePos(node.range?.[0] ?? 0), rule, fix));
  };
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        add(key, '"__proto__" is not a valid field name', 'Remove the field.');
    },
    Alias: (_, alias) => {
      aliases += 1;
      if (aliases > MOST_ALIASES) throw new ReferenceError('Too many aliases');
      if (alias.resolve(document) !== undefined) return;
      add(
        alias,
        `${quote(`*${alias.source}`)} refers to an anchor that is not defined above it`,
        'If the value itself begins with *, put it in quotes.',
      );
    },
  });
  return problems;
}

/** The maximum number of errors of one kind to report, because text that is not YAML causes hundreds of them. */
const MOST_FAULTS_OF_A_KIND = 5;

/** Reads a configuration's text. Reports every error as a problem and never throws. */
export function readDocument(text: string): ConfigDocument {
  if (Buffer.byteLength(text) > LARGEST_DOCUMENT_BYTES) {
    const rule = `must be at most ${LARGEST_DOCUMENT_BYTES.toLocaleString('en')} bytes long`;
    return {
      ...EMPTY,
      problems: [{ field: 'the document', rule, fix: 'Split the configuration across several bridges.' }],
    };
  }
  try {
    return readYaml(text);
  } catch (error) {
    // The library throws a ReferenceError for too many aliases, and the engine throws a RangeError if the recursion is too deep.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const rule = error instanceof ReferenceError ? 'uses too many aliases' : 'is nested too deeply';
    return { ...EMPTY, problems: [{ field: 'the document', rule, fix: 'Simplify the document.' }] };
  }
}

/**
 * Removes the end of a message from the parser, which contains the unexpected text (possibly a secret, or very long) or, if
 * there are several documents, advice for programmers.
 */
const plainMessage = (code: string, message: string) =>
  message.replace(code === 'UNEXPECTED_TOKEN' ? /: .*$/s : /; please use .*$/s, '').slice(0, 120);

/** Returns the whole key at `start`, because the position in the parser's error covers only the key's first letter. */
const keyAt = (text: string, start: number) =>
  /^["']?([^"':,\s]*)/.exec(text.slice(start, start + 200))?.[1] ?? '';

function readYaml(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    // Without this option, a %YAML 1.1 line in the document would turn `yes` into a boolean and 0123 into an octal number.
    schema: 'core',
    resolveKnownTags: false,
    merge: false,
    // Without this option, a bucket named 0123 would lose its leading zero.
    stringKeys: true,
    // With this option, error messages would quote the line, which may contain a secret.
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const faults = [...document.errors, ...document.warnings];
  const counts = new Map<string, number>();
  const reported = faults.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= MOST_FAULTS_OF_A_KIND;
  });
  const problems = reported.map(({ code, message, pos }) => {
    const duplicate = code === 'DUPLICATE_KEY' ? `: ${quote(keyAt(text, pos[0]))}` : '';
    const why = escapeText(plainMessage(code, message));
    return syntaxProblem(
      lines.linePos(pos[0]),
      `${why}${duplicate}`,
      FIXES[code] ?? 'Fix this error first. Until then, the rest of the document cannot be checked.',
    );
  });
  const readable = faults.every(({ code }) => LEAVES_TREE_WHOLE.has(code));
  const forbidden = findForbidden(document, lines);
  problems.push(...forbidden);
  const unreported = faults.length - reported.length;
  if (unreported > 0)
    problems.push({
      field: 'the document',
      rule: `has ${unreported} more errors like these`,
      fix: 'Check that the document is a Fedbridge configuration in YAML.',
    });
  return {
    // Does not convert a document with forbidden parts, because an alias without an anchor would make the conversion throw.
    raw:
      readable && forbidden.length === 0 ? document.toJS({ maxAliasCount: MOST_ALIASED_VALUES }) : undefined,
    problems,
    readable: readable && forbidden.length === 0,
    locate: (path) => {
      const { node, exact } = nodeAt(document, path);
      const start = node?.range?.[0];
      const source = exact && isScalar(node) ? node.source : undefined;
      return {
        field: showPath(path),
        ...(start === undefined || (!exact && path.length === 1) ? {} : { line: lines.linePos(start).line }),
        ...(source === undefined ? {} : { source }),
      };
    },
  };
}
