// Turns what zod found into problems that an operator understands: where, what it must be, what it is, what to do.
import type * as z from 'zod';
import { closestWord } from './did-you-mean.ts';
import type { Location } from './document.ts';
import type { IssueDetails } from './schema-parts.ts';
import type { Problem } from './problem.ts';
import { type Path, quote, showValue } from './show.ts';

type Issue = z.core.$ZodIssue;

/** The schema has no symbols for keys; zod's type of a path allows them. */
const plainPath = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

/** What zod's own checks want; the texts of our own are in the issues. */
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

const EMPTY_DOCUMENT = 'Write the configuration there, as the README shows it.';

/** YAML took an unquoted value for something else than text; a long number has lost digits by then. */
const wantsQuotes = (value: unknown) => typeof value === 'number' || typeof value === 'boolean';

/** Units are part of a value here, not of a field's name. */
const UNIT_AT_END = /[_-]?(?:seconds|minutes|hours|bytes)$/i;

function unknownFields(
  issue: Issue & { code: 'unrecognized_keys' },
  locate: (path: Path) => Location,
): Problem[] {
  const known = issue.message.split(',');
  return issue.keys.map((key) => {
    const { field, line } = locate([...plainPath(issue.path), key]);
    const meant = closestWord(key, known) ?? closestWord(key.replace(UNIT_AT_END, ''), known);
    const fix = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${quote(meant)}?`;
    return { field, rule: 'is not a known field', fix, ...(line === undefined ? {} : { line }) };
  });
}

/** The problems of one issue: several where it tells of several unknown fields. */
export function schemaProblems(issue: Issue, locate: (path: Path) => Location): Problem[] {
  if (issue.code === 'unrecognized_keys') return unknownFields(issue, locate);
  const path = plainPath(issue.path);
  const { field, line, source } = locate(path);
  const must = mustOf(issue);
  const { fix, text } = detailsOf(issue);
  const missing = issue.input === undefined;
  const remedies = [
    ...(text && wantsQuotes(issue.input) ? ['Quote it: without quotes YAML does not read it as text.'] : []),
    ...(issue.input === null
      ? [path.length === 0 ? EMPTY_DOCUMENT : 'Give it a value, or remove the field.']
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
