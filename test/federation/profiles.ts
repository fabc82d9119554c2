// Creates AWS profile files that the SDK finds through its environment variables, and a sandbox whose STS the
// profiles use.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../src/errors/fault.ts';
import { awsProfile } from '../../src/federation/aws-profile.ts';
import type { ProfileCredentials } from '../../src/federation/aws-profile.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { request } from '../support/http-request.ts';

export interface Profiles {
  readonly contract: SandboxContract;
  /** A temporary directory that is also the home directory. */
  readonly directory: string;
  /** Writes the profiles, each specified by its fields, to a configuration file. */
  write(profiles: Readonly<Record<string, Readonly<Record<string, string>>>>): void;
  profile(name: string, askCode?: (mfaSerial: string) => Promise<string>): ProfileCredentials;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The calls to STS since the list of calls was last cleared. */
  stsCalls(): Promise<readonly { readonly roleArn?: string; readonly status: number | null }[]>;
  /** The code that the MFA device shows now. */
  code(): Promise<string>;
  close(): Promise<void>;
}

/** Changes this process's environment, because the SDK reads it. */
export async function startProfiles(): Promise<Profiles> {
  const { contract, close } = await startSandbox();
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-profiles-'));
  const file = join(directory, 'config');
  Object.assign(process.env, {
    HOME: directory,
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { text } = await request(contract.control, path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return JSON.parse(text);
  };
  return {
    contract,
    directory,
    write: (profiles) => {
      const section = ([name, fields]: [string, Readonly<Record<string, string>>]): string =>
        [`[profile ${name}]`, ...Object.entries(fields).map(([key, value]) => `${key} = ${value}`)].join(
          '\n',
        );
      writeFileSync(file, `${Object.entries(profiles).map(section).join('\n\n')}\n`);
    },
    profile: (name, askCode = () => Promise.reject(new Error('no MFA code is needed'))) =>
      awsProfile({ name, region: contract.region, stsEndpoint: contract.sts, askCode }),
    control,
    stsCalls: async () =>
      ((await control('GET', '/calls')) as { sts: { roleArn?: string; status: number | null }[] }).sts,
    code: async () => ((await control('GET', '/mfa')) as { code: string }).code,
    close: async () => {
      rmSync(directory, { recursive: true });
      await close();
    },
  };
}

/** @returns the fault with which the promise rejects */
export async function faultOf(asked: Promise<unknown>): Promise<Fault> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
