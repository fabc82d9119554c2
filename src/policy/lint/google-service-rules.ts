// Checks the statements that trust a Google service: they pin only :sub, because Google documents no other claim in the
// service's tokens.
import { quote } from '../../config/show.ts';
import { SERVICE_ACCOUNTS } from '../google-services.ts';
import type { GoogleService } from '../google-services.ts';
import { GOOGLE } from '../trust-policy.ts';
import type { Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { pinned, pinnedKeys } from './pin-rules.ts';
import { isUniqueId } from './value-rules.ts';

/**
 * Returns the statements that are meant for the service. All other statements must pin three keys, like the statements for the
 * bridge. A statement that trusts other accounts in addition to the service is not for the service, because tokens for those
 * accounts could be replayed.
 */
export function serviceStatements(
  trusting: readonly Statement[],
  { subject }: GoogleService,
): readonly Statement[] {
  const own = trusting.filter(({ conditions }) => {
    const subjects = pinned(conditions, 'sub');
    return subjects.length > 0 && subjects.every((value) => value === subject);
  });
  return own.length > 0 ? own : trusting.filter(({ conditions }) => !pinnedKeys(conditions).has('oaud'));
}

/** @param statement one of {@link serviceStatements} */
export function checkServicePins({ where, conditions }: Statement, service: GoogleService): Finding[] {
  const { owner, id, option, command } = SERVICE_ACCOUNTS[service.name];
  const keys = pinnedKeys(conditions);
  if (!keys.has('sub')) {
    const opening = keys.has('aud') ? '' : ': anyone with a Google account can get a token that matches';
    return [
      mistake(
        where,
        `does not pin ${GOOGLE}:sub${opening}`,
        `Pin :sub to the ${id} of ${owner}: \`fedbridge trust-policy --for ${service.name} --${option} ID\` prints such a policy.`,
      ),
    ];
  }
  const unchecked = service.subject === undefined ? pinned(conditions, 'sub').filter(isUniqueId) : [];
  return [
    ...(['aud', 'oaud'] as const)
      .filter((name) => keys.has(name))
      .map((name) =>
        note(
          where,
          `also pins ${GOOGLE}:${name}, but Google documents only the claim sub of this service's tokens`,
          'If AWS denies access to the role, remove this condition.',
        ),
      ),
    ...unchecked.map((value) =>
      note(
        where,
        `trusts ${quote(value)} for any audience`,
        `Check that this is the ${id} of ${owner}, which this command prints: ${command}. If it is one of your own service accounts, also pin :aud and :oaud.`,
      ),
    ),
  ];
}

/**
 * Reports a mistake if the service's ID is known but no statement trusts it, and reports every other ID that the policy trusts.
 */
export function checkServiceSubject(trusting: readonly Statement[], service: GoogleService): Finding[] {
  const { subject } = service;
  if (subject === undefined) return [];
  const { owner, id, command } = SERVICE_ACCOUNTS[service.name];
  const subjects = trusting.map((statement) => ({ statement, values: pinned(statement.conditions, 'sub') }));
  const met = subjects.some(({ values }) => values.includes(subject));
  return subjects.flatMap(({ statement: { where }, values }) => {
    const others = values.filter((value) => value !== subject).map(quote);
    if (others.length === 0) return [];
    return met
      ? [
          note(
            where,
            `trusts ${others.join(' and ')} in addition to ${quote(subject)}`,
            'Remove the ID of every account that must not assume the role.',
          ),
        ]
      : [
          mistake(
            `${where}, ${GOOGLE}:sub`,
            `must be ${quote(subject)}, but is ${others.join(' or ')}`,
            `Write the ${id} of ${owner}, which this command prints: ${command}`,
          ),
        ];
  });
}
