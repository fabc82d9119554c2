// Converts zod's issues to problems for operators: the field, its rule, its value, and the fix.
import type * as z from 'zod';
import { closestWord } from './did-you-mean.ts';
import type { Location } from './document.ts';
import type { IssueDetails } from './schema-parts.ts';
import type { Problem } from './problem.ts';
import { type Path, quote, showValue } from './show.ts';

type Issue = z.core.$ZodIssue;

/** Converts a path from zod, whose type allows symbols. The schema has no symbol keys. */
const plainPath = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

/**
 * Returns the rule that the value breaks. A custom issue contains this text as its message; an issue from zod's own checks does
 * not.
 */
function mustOf(issue: Issue): string {
  if (issue.code === 'too_small') return 'must have at least one entry';
  if (issue.code === 'invalid_type')
    return issue.expected === 'array' ? 'must be a list' : 'must be a map of fields';
  return issue.message;
}

const detailsOf = (issue: Issue): IssueDetails => {
  const params: Partial<IssueDetails> = issue.code === 'custom' ? (issue.params ?? {}) : {};
  return { fix: params.fix ?? '', text: params.text ?? false };
};

const EMPTY_DOCUMENT = 'Write a configuration, as shown in docs/how-to/configure.md.';

/** Whether YAML read an unquoted value as a number or boolean instead of a string. */
const wantsQuotes = (value: unknown) => typeof value === 'number' || typeof value === 'boolean';

/** Matches a unit at the end of a field's name. In a configuration, the value contains the unit instead. */
const UNIT_AT_END = /[_-]?(?:seconds|minutes|hours|bytes)$/i;

function unknownFields(
  issue: Issue & { code: 'unrecognized_keys' },
  locate: (path: Path) => Location,
): Problem[] {
  const known = issue.message.split(',');
  return issue.keys.map((key) => {
    const { field, line } = locate([...plainPath(issue.path), key]);
    const meant = closestWord(key, known) ?? closestWord(key.replace(UNIT_AT_END, ''), known);
    const fix =
      meant === undefined ? `Known fields here: ${known.join(', ')}.` : `Did you mean ${quote(meant)}?`;
    return { field, rule: 'is not a known field', fix, ...(line === undefined ? {} : { line }) };
  });
}

/** Returns the problems that one issue reports. An issue reports several problems if there are several unknown fields. */
export function schemaProblems(issue: Issue, locate: (path: Path) => Location): Problem[] {
  if (issue.code === 'unrecognized_keys') return unknownFields(issue, locate);
  const path = plainPath(issue.path);
  const { field, line, source } = locate(path);
  const must = mustOf(issue);
  const { fix, text } = detailsOf(issue);
  const missing = issue.input === undefined;
  const remedies = [
    ...(text && wantsQuotes(issue.input) ? ['Put the value in quotes, so that YAML reads it as text.'] : []),
    ...(issue.input === null
      ? [path.length === 0 ? EMPTY_DOCUMENT : 'Give the field a value, or remove the field.']
      : []),
    ...(fix === '' ? [] : [fix]),
  ];
  const found = issue.code === 'too_small' ? '' : `, not ${showValue(path, issue.input, source)}`;
  return [
    {
      field,
      rule: missing ? `is missing; it ${must}` : `${must}${found}`,
      fix: remedies.join(' '),
      ...(line === undefined ? {} : { line }),
    },
  ];
}
