// What the line of a request tells its operator of the fault that ended it.
import { FAULTS } from '../errors/table.ts';
import { logText } from './log-text.ts';
import type { AccessRecord } from './access-log.ts';

/** Grants by e-mail cannot name a caller whose token has none. */
export const WITHOUT_EMAIL =
  'The token of this caller has no verified e-mail, so that grants can name it by unique ID (callerId) alone: it has to ask the metadata server for format=full, or a grant has to name that ID.';

export function faultFields({
  fault,
  caller,
}: Pick<AccessRecord, 'fault' | 'caller'>): Record<string, unknown> {
  if (fault === undefined) return {};
  const detail =
    caller === undefined && fault.code !== 'internal' ? strangersValue(fault.detail) : fault.detail;
  const cause = Object.keys(fault.detail).length > 0 ? detail : undefined;
  const isUnnamed = fault.code === 'not_granted' && caller !== undefined && caller.email === undefined;
  return { fault: fault.code, cause, remedy: isUnnamed ? WITHOUT_EMAIL : FAULTS[fault.code].fix };
}

/** Without a valid token, every text of a cause may be the caller's. */
function strangersValue(value: unknown): unknown {
  if (typeof value === 'string') return logText(value);
  if (Array.isArray(value)) return value.map(strangersValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [logText(name), strangersValue(inner)]),
  );
}

/** By who aborted the response. */
const ABORT_REMEDIES: Readonly<Record<string, string>> = {
  s3: 'S3 or the network closed the response early and it could not be resumed, so the caller saw a broken connection. If it repeats, check egress.',
  bridge:
    'The process ended during the download, so the caller saw a broken connection. Clients resume with ranges; on a VM, raise limits.drain to give them longer.',
};

export function s3Fields({
  s3,
  abortedBy,
  fault,
}: Pick<AccessRecord, 's3' | 'abortedBy' | 'fault'>): Record<string, unknown> {
  if (s3 !== undefined) return { s3: { code: s3.code, status: s3.status, ...s3.denial }, remedy: s3.remedy };
  return abortedBy === undefined || fault !== undefined ? {} : { remedy: ABORT_REMEDIES[abortedBy] };
}
