// Rejects audiences that several programs share. Every program that receives tokens for such an audience could present those
// tokens to the bridge.
import type { Finding } from './problem.ts';
import { fieldOf, itemsOf, textsOf } from './unchecked-values.ts';
import { quote } from './show.ts';

const AWS_STS = 'an audience of AWS STS';

/**
 * The known shared audiences, each with a description. The pattern matches the audience's host or, if the audience is a single
 * word, that word. terraform/variables.tf has the same rules.
 */
const OWNERS: readonly (readonly [host: RegExp, whose: string])[] = [
  [/\.apps\.googleusercontent\.com$/, 'an OAuth client ID'],
  [/^\d+$/, 'a number, such as an OAuth client ID or a project number'],
  [/^sts(?:-fips)?(?:\.[a-z\d-]+)?\.amazonaws\.com(?:\.cn)?$/, AWS_STS],
  [/(?:^|\.)googleapis\.com$|^accounts\.google\.com$/, 'an audience of Google APIs'],
  [/^azureadtokenexchange$/, 'the audience of Azure'],
  [/^sigstore$/, 'the audience of Sigstore'],
];

/** @returns a description of a shared audience; undefined if the audience is not known to be shared */
function ownerOf(audience: string): string | undefined {
  const [, host = ''] = /^(?:(?:[a-z][a-z\d+.-]*:)?\/\/)?([^/:?#]*)/.exec(audience.toLowerCase()) ?? [];
  return OWNERS.find(([pattern]) => pattern.test(host))?.[1];
}

/** Finds shared audiences in `audience`, in `issuers` and in `aws.audience`, unless the document allows shared audiences. */
export function checkAudiences(raw: unknown): Finding[] {
  if (fieldOf(raw, 'allowSharedAudience') === true) return [];
  const findings: Finding[] = [];
  const issuers = itemsOf(fieldOf(raw, 'issuers'));
  const accepted = [
    ...textsOf(fieldOf(raw, 'audience')).map((audience) => ({ audience, path: ['audience'] })),
    ...issuers.flatMap((issuer, position) =>
      textsOf(fieldOf(issuer, 'audience')).map((audience) => ({
        audience,
        path: ['issuers', position, 'audience'],
      })),
    ),
  ];
  for (const { audience, path } of accepted) {
    const owner = ownerOf(audience);
    if (owner === undefined) continue;
    findings.push({
      path,
      rule: `must be for this bridge only, but ${quote(audience)} is ${owner}: other programs receive callers' tokens for this audience and could present them to the bridge`,
      fix: "Use this bridge's URL. If callers cannot obtain tokens for it, write `allowSharedAudience: true` in the configuration file.",
    });
  }
  const stsAudience = fieldOf(fieldOf(raw, 'aws'), 'audience');
  const owner = typeof stsAudience === 'string' ? ownerOf(stsAudience) : undefined;
  // As `aws.audience`, an audience of AWS STS is allowed, because STS receives these tokens anyway.
  if (typeof stsAudience !== 'string' || owner === undefined || owner === AWS_STS) return findings;
  findings.push({
    path: ['aws', 'audience'],
    rule: `must be for STS only, but ${quote(stsAudience)} is ${owner}: other programs receive the bridge's tokens for this audience and could assume the bridge's roles`,
    fix: 'Use an audience that no other service accepts, such as fedbridge. If a trust policy requires this audience, write `allowSharedAudience: true` in the configuration file.',
  });
  return findings;
}
