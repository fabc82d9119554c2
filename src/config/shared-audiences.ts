// Refuses audiences that are not the bridge's own: tokens for them go to other programs too, each of which could present them here.
import type { Finding } from './problem.ts';
import { fieldOf, textsOf } from './unchecked-values.ts';
import { quote } from './show.ts';

const AWS_STS = 'an audience of AWS STS';

/** By the host, or the word that stands for one. The Terraform files have the same rules (terraform/variables.tf). */
const OWNERS: readonly (readonly [host: RegExp, whose: string])[] = [
  [/\.apps\.googleusercontent\.com$/, 'an OAuth client ID'],
  [/^\d+$/, 'a number, like those of OAuth clients and projects'],
  [/^sts(?:-fips)?(?:\.[a-z\d-]+)?\.amazonaws\.com(?:\.cn)?$/, AWS_STS],
  [/(?:^|\.)googleapis\.com$|^accounts\.google\.com$/, 'an audience of Google APIs'],
  [/^azureadtokenexchange$/, 'the audience of Azure'],
  [/^sigstore$/, 'the audience of Sigstore'],
];

/** @returns whose audience it is, in words; undefined for one that may be the bridge's own */
function ownerOf(audience: string): string | undefined {
  const [, host = ''] = /^(?:(?:[a-z][a-z\d+.-]*:)?\/\/)?([^/:?#]*)/.exec(audience.toLowerCase()) ?? [];
  return OWNERS.find(([pattern]) => pattern.test(host))?.[1];
}

/** What is wrong with `audience` and `aws.audience`, unless the document allows it. */
export function checkAudiences(raw: unknown): Finding[] {
  if (fieldOf(raw, 'allowSharedAudience') === true) return [];
  const findings: Finding[] = [];
  for (const audience of textsOf(fieldOf(raw, 'audience'))) {
    const owner = ownerOf(audience);
    if (owner === undefined) continue;
    findings.push({
      path: ['audience'],
      rule: `must be for this bridge only, and ${quote(audience)} is ${owner}: other programs receive callers' tokens for it, and could present them here`,
      fix: 'Use the URL of this bridge. If callers cannot obtain tokens for that, write `allowSharedAudience: true` in the configuration file.',
    });
  }
  const ofSts = fieldOf(fieldOf(raw, 'aws'), 'audience');
  const owner = typeof ofSts === 'string' ? ownerOf(ofSts) : undefined;
  // STS receives these tokens in any case.
  if (typeof ofSts !== 'string' || owner === undefined || owner === AWS_STS) return findings;
  findings.push({
    path: ['aws', 'audience'],
    rule: `must be for STS only, and ${quote(ofSts)} is ${owner}: other programs receive the bridge's tokens for it, and could assume its roles`,
    fix: 'Use a word of your own, like fedbridge. If a trust policy leaves no choice, write `allowSharedAudience: true` in the configuration file.',
  });
  return findings;
}
