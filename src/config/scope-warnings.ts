// Warns about prefixes and keys that are valid in S3 but look like a path, a URL or a pattern, and are therefore nearly always
// mistakes.
import type { Problem } from './problem.ts';
import { type Path, quote, showPath } from './show.ts';
import type { Scope } from './types.ts';

/** @param path the path of the grant */
export function findUnlikelyKeys(scope: Scope, path: Path): Problem[] {
  if (scope.kind === 'bucket') return [];
  const subject = scope.kind === 'key' ? scope.key : scope.prefix;
  const found = mistakeIn(subject);
  return found === undefined ? [] : [{ field: showPath([...path, scope.kind]), ...found }];
}

function mistakeIn(subject: string): Pick<Problem, 'rule' | 'fix'> | undefined {
  const [, scheme, afterBucket = ''] = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*\/?(.*)$/is.exec(subject) ?? [];
  if (scheme !== undefined)
    return {
      rule: `begins with ${scheme}, like a URL, so the grant matches nothing in the bucket`,
      fix:
        afterBucket === ''
          ? 'To grant the whole bucket, remove this field.'
          : `Write only the part after the bucket name: ${quote(afterBucket)}.`,
    };
  if (subject.startsWith('/'))
    return {
      rule: 'begins with a slash, but S3 keys rarely do',
      fix: 'Remove the slash (also from FEDBRIDGE_PREFIX, if set), unless `aws s3 ls` shows keys that begin with a slash.',
    };
  if (subject.includes('*'))
    return {
      rule: 'contains *, which is not a wildcard: it matches only a literal *',
      fix: 'Grant the prefix that ends with the last "/" before the *, or grant each key separately.',
    };
  return undefined;
}
