// `fedbridge whoami`: prints the bridge's Google identity, and its AWS identity through each role.
import { readRoleSettings } from './read-config.ts';
import type { IdentitySource } from '../config/types.ts';
import { escapeText } from '../config/show.ts';
import { readArguments } from './arguments.ts';
import { reportOn } from './identity-report.ts';
import type { NotKnown, Report } from './identity-report.ts';
import { detailOf, printResult, shown } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge whoami [--config FILE] [--json]

Prints the bridge's Google identity and its AWS identity in each configured role.

  --config FILE  use this configuration instead of FEDBRIDGE_CONFIG
  --json         print JSON, for programs
`;

/**
 * Ends the process; see {@link printResult}. The exit code is 0 if the identity is known and all roles can be assumed,
 * otherwise 1.
 */
export function whoami(args: readonly string[]): Promise<never> {
  return printResult('whoami', USAGE, async (): Promise<Result> => {
    const { values, switches } = readArguments(args, { options: ['config'], switches: ['json'] });
    const settings = readRoleSettings({ file: values.config, ownProfile: true });
    const report = await reportOn(settings);
    const well = [report.identity, ...report.roles].every((part) => !('fault' in part));
    const text = switches.has('json') ? `${JSON.stringify(report, null, 2)}\n` : describe(report);
    return { text, code: well ? 0 : 1 };
  });
}

const NO_ROLES = [
  'There are no roles to show, because there is no configuration. Pass --config FILE or set FEDBRIDGE_CONFIG.',
];

function describe({ identity, roles }: Report): string {
  const { source, email, uniqueId, audience, expires } = identity;
  const known = [
    ['email', email],
    ['unique ID', uniqueId],
    ['audience', audience],
    ['expires', expires],
  ].flatMap(([name = '', value]) => (value === undefined ? [] : [[name, value] as const]));
  const noRoles = roles.length === 0 && identity.fault === undefined ? [NO_ROLES] : [];
  const parts = [
    [sourceIn(source), ...aligned(known), ...reasonLines(identity)],
    ...roles.map((role) => [
      `${role.name} (${role.arn})`,
      ...('callerIdentity' in role ? [`  ${escapeText(role.callerIdentity)}`] : reasonLines(role)),
    ]),
    ...noRoles,
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function sourceIn(source: IdentitySource): string {
  switch (source.kind) {
    case 'metadata':
      return 'Google identity from the metadata server';
    case 'impersonate':
      return `Google identity from impersonating ${escapeText(source.email)}`;
    case 'file':
      return `Google identity from the file ${escapeText(source.path)}`;
    case 'profile':
      return `AWS profile ${escapeText(source.name)}, instead of a Google identity`;
  }
}

function reasonLines({ fault, detail = {}, remedy = '' }: Partial<NotKnown>): readonly string[] {
  return fault === undefined ? [] : [`  ${fault}`, ...aligned(detailOf(detail)), `  ${remedy}`];
}

function aligned(entries: readonly (readonly [string, string | number | boolean])[]): readonly string[] {
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `  ${name.padEnd(width)}  ${shown(value)}`);
}
