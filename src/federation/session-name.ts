// The role session name: whom CloudTrail and S3's access logs name, within STS's limits and without two becoming one.
import { hash } from 'node:crypto';

/** STS AssumeRoleWithWebIdentity, RoleSessionName: 2 to 64 of these characters. */
const MAX_CHARACTERS = 64;
const ALLOWED = /^[\w+=,.@-]{2,64}$/;

const SERVICE_ACCOUNT = /^([^@]+)@([^@]+)\.iam\.gserviceaccount\.com$/;

/**
 * `local@project` for a service account of a project, else the unique ID. Only service accounts get the short form: a
 * person's `a@b.example` could otherwise meet the account `a` of the domain-scoped project `b.example`.
 */
export function callerSessionName(caller: { readonly subject: string; readonly email?: string }): string {
  const [, local, project] = SERVICE_ACCOUNT.exec(caller.email ?? '') ?? [];
  const name = `${local ?? ''}@${project ?? ''}`;
  return local !== undefined && ALLOWED.test(name) ? name : caller.subject;
}

/** @param parts `project, instance` on a machine; `project, service, revision` on Cloud Run, which has no instance name */
export function bridgeSessionName(parts: readonly string[]): string {
  const full = parts.join('.');
  // '=' occurs in none of the names, ':' only in domain-scoped projects.
  const name = full.replaceAll(':', '=');
  if (ALLOWED.test(name)) return name;
  const digest = hash('sha256', full, 'hex').slice(0, 16);
  return `${name.replace(/[^\w+=,.@-]/g, '-').slice(0, MAX_CHARACTERS - digest.length - 1)}.${digest}`;
}
