// Emulates Google's metadata server: it serves ID tokens, and data about the project, the instance and its service accounts.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SandboxResponse } from '../response.ts';
import type { Upstream } from '../upstream-server.ts';
import { ACCOUNTS, INSTANCE, PROJECT, type Accounts, type ServiceAccount } from './accounts.ts';
import type { IdentityTokens } from './identity-tokens.ts';

/** A directory of the metadata tree, with text values and subdirectories. */
interface Directory {
  readonly [name: string]: Directory | string;
}

const ROOT = '/computeMetadata/v1/';
const IDENTITY = /^instance\/service-accounts\/([^/]+)\/identity$/;

function accountEntries({ email }: ServiceAccount, aliases: string): Directory {
  return { aliases, email, scopes: 'https://www.googleapis.com/auth/cloud-platform\n' };
}

/** On a machine without its own service account, the metadata tree has no `default` account. */
const treeOf = (own: ServiceAccount | undefined, accounts: Accounts): Directory => ({
  instance: {
    attributes: {},
    hostname: `${INSTANCE.name}.${INSTANCE.zone}.c.${PROJECT.id}.internal`,
    id: INSTANCE.id,
    name: INSTANCE.name,
    region: `projects/${PROJECT.number}/regions/${INSTANCE.region}`,
    'service-accounts': {
      ...(own ? { default: accountEntries(own, 'default\n') } : {}),
      ...Object.fromEntries(
        accounts
          .list()
          .map((account) => [account.email, accountEntries(account, account === own ? 'default\n' : '')]),
      ),
    },
    zone: `projects/${PROJECT.number}/zones/${INSTANCE.zone}`,
  },
  project: { 'numeric-project-id': String(PROJECT.number), 'project-id': PROJECT.id },
});

function textResponse(
  status: number,
  text: string,
  contentType = 'text/html; charset=UTF-8',
): SandboxResponse {
  const body = Buffer.from(text);
  return {
    status,
    headers: {
      'content-type': contentType,
      'metadata-flavor': 'Google',
      server: 'Metadata Server for VM',
      etag: createHash('sha256').update(body).digest('hex').slice(0, 16),
      'x-xss-protection': '0',
      'x-frame-options': 'SAMEORIGIN',
    },
    body,
  };
}

const page = (status: number, title: string, text: string) =>
  textResponse(
    status,
    `<!DOCTYPE html>\n<html lang=en>\n<title>${title}</title>\n<p><b>${status}.</b> ${text}\n`,
  );

/** @param ownEmail the email of the account named `default`; default: the bridge's account */
export function createMetadata(
  { tokens, accounts }: { readonly tokens: IdentityTokens; readonly accounts: Accounts },
  ownEmail = ACCOUNTS.bridge.email,
): Upstream<IncomingMessage> {
  return {
    read: (request) => request,
    refuse: (_, { status, message, headers }) => {
      const refusal = page(status, `Error ${status}`, message ?? 'The metadata server cannot respond now.');
      return { ...refusal, headers: { ...refusal.headers, ...headers } };
    },
    respond(request) {
      const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
      if (request.headers['x-forwarded-for'] !== undefined) {
        return page(403, 'Error 403 (Forbidden)', 'Requests that carry X-Forwarded-For are refused.');
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return page(405, 'Error 405 (Method Not Allowed)', 'The method is not allowed.');
      }
      if (path === '/') return textResponse(200, '0.1/\ncomputeMetadata/\n', 'application/text');
      if (request.headers['metadata-flavor'] !== 'Google') {
        return page(403, 'Error 403 (Forbidden)', 'Missing Metadata-Flavor:Google header.');
      }
      const rest = decoded(path.startsWith(ROOT) ? path.slice(ROOT.length) : `/${path}`);
      const [, account] = IDENTITY.exec(rest) ?? [];
      const query = new URLSearchParams(search);
      return account === undefined
        ? entry(treeOf(accounts.find(ownEmail), accounts), rest, query)
        : identity(account, query);
    },
  };

  function identity(name: string, query: URLSearchParams): SandboxResponse {
    const email = name === 'default' ? ownEmail : name;
    const account = accounts.list().find((one) => one.email === email);
    if (!account) return page(404, 'Error 404 (Not Found)', 'No such service account.');
    const audience = query.get('audience');
    if (!audience) return textResponse(400, 'non-empty audience parameter required', 'text/plain');
    const format = query.get('format') ?? 'standard';
    if (format !== 'standard' && format !== 'full') {
      return textResponse(400, 'format must be "standard" or "full"', 'text/plain');
    }
    const licenses = query.get('licenses')?.toUpperCase() === 'TRUE';
    const ofInstance = email === ownEmail;
    return textResponse(200, tokens.issue({ account, audience, format, ofInstance, licenses }));
  }
}

/** Decodes a path. If its percent-encoding is invalid, returns a path that does not exist. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return `/${path}`;
  }
}

function entry(tree: Directory, path: string, query: URLSearchParams): SandboxResponse {
  const names = path.replace(/\/$/, '').split('/');
  let found: Directory | string | undefined = tree;
  for (const name of names[0] === '' && names.length === 1 ? [] : names) {
    found = typeof found === 'object' && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (found === undefined)
    return page(404, 'Error 404 (Not Found)', 'The requested URL was not found on this server.');
  if (query.get('alt') === 'json' || query.get('recursive') === 'true') {
    return textResponse(200, JSON.stringify(camelCased(found)), 'application/json');
  }
  if (typeof found === 'string') return textResponse(200, found, 'application/text');
  const lines = Object.entries(found).map(([name, child]) => (typeof child === 'string' ? name : `${name}/`));
  return textResponse(200, lines.map((line) => `${line}\n`).join(''), 'application/text');
}

/** For JSON, converts all names except email addresses to camel case, as Google does. */
function camelCased(found: Directory | string): unknown {
  if (typeof found === 'string') return found;
  const spelled = (name: string) =>
    name.includes('@') ? name : name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(found).map(([name, child]) => [spelled(name), camelCased(child)]));
}
