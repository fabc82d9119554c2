// Writes the first line of the log: the bridge's version, its identity, and the roles and buckets that it serves.
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';

/** The maximum number of roles and of buckets that the log line names. The number is small, because people read this line. */
const MOST_NAMES = 20;

export async function logStartup(
  log: Log,
  { identity, platform, roles, buckets, grants }: Config,
): Promise<void> {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  const { version } = manifest;
  const counted = [
    count(roles.size, 'role'),
    count(buckets.size, 'bucket'),
    count(grants.length, 'grant'),
  ].join(', ');
  log('INFO', `fedbridge ${version} starts: ${counted}`, {
    event: 'start',
    version,
    identity: identity.kind,
    // The email is logged only if the bridge impersonates a service account.
    ...('email' in identity ? { identityEmail: identity.email } : {}),
    platform: platform.kind,
    roles: [...roles.keys()].slice(0, MOST_NAMES),
    buckets: [...buckets.keys()].slice(0, MOST_NAMES),
    grants: grants.length,
  });
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
