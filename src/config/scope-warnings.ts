// Warns of prefixes and keys that S3 could have, but that are nearly always a path, a URL or a pattern by mistake.
import type { Problem } from './problem.ts';
import { type Path, quote, showPath } from './show.ts';
import type { Scope } from './types.ts';

/** @param path of the grant */
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
      rule: `begins with ${scheme}, as URLs do and keys do not: the grant matches nothing in the bucket`,
      fix:
        afterBucket === ''
          ? 'Remove it to grant the whole bucket.'
          : `Write only what follows the bucket: ${quote(afterBucket)}.`,
    };
  if (subject.startsWith('/'))
    return {
      rule: 'begins with a slash, which keys in S3 seldom do',
      fix: 'Leave it out, in FEDBRIDGE_PREFIX as well, unless the keys that `aws s3 ls` shows begin with one.',
    };
  if (subject.includes('*'))
    return {
      rule: 'contains *, which stands only for itself: no other key matches',
      fix: 'Grant the prefix above it, which ends with "/", or each key on its own.',
    };
  return undefined;
}
