// The domain that a region's endpoints lie in: one for each AWS partition (AWS General Reference, "AWS service endpoints").

const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

const DEFAULT_DOMAIN = 'amazonaws.com';

export const AWS_DOMAINS: readonly string[] = [DEFAULT_DOMAIN, ...DOMAINS.map(([, domain]) => domain)];

export function awsDomain(region: string): string {
  return DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? DEFAULT_DOMAIN;
}
