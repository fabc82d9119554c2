// The first line of a bridge's log: which release serves what, and as whom.
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';

/** Names beyond these are counted only: a log line is for people. */
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
    version,
    identity: identity.kind,
    // Of an identity other than the machine's own.
    ...('email' in identity ? { identityEmail: identity.email } : {}),
    platform: platform.kind,
    roles: [...roles.keys()].slice(0, MOST_NAMES),
    buckets: [...buckets.keys()].slice(0, MOST_NAMES),
    grants: grants.length,
  });
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
