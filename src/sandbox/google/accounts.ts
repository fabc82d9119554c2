// The emulated Google project: its instance and its service accounts.

export interface ServiceAccount {
  readonly email: string;
  /** A 21-digit number, which is also the value of the claims `sub` and `azp` in the account's ID tokens. */
  readonly uniqueId: string;
}

export interface Accounts {
  /** @param name an email or a unique ID */
  find(name: string): ServiceAccount | undefined;
  list(): readonly ServiceAccount[];
  /** Adds or replaces an account. A changed unique ID emulates an account that was deleted and recreated. */
  put(account: ServiceAccount): void;
  remove(email: string): void;
}

export const PROJECT = { id: 'acme-prod', number: 481920364751, organizationNumber: 730195468210 };

export const INSTANCE = {
  id: '7364519203847561029',
  name: 'fedbridge-sandbox',
  zone: 'europe-west1-b',
  region: 'europe-west1',
  created: 1_780_000_000,
};

const account = (name: string, uniqueId: string): ServiceAccount => ({
  email: `${name}@${PROJECT.id}.iam.gserviceaccount.com`,
  uniqueId,
});

/** The initial service accounts. `bridge` is the metadata server's `default` account. */
export const ACCOUNTS = {
  bridge: account('fedbridge', '104815162342108150001'),
  reader: account('reader', '112010400000000710080'),
  scoped: account('scoped', '113020500000000820091'),
  stranger: account('stranger', '117031600000000930102'),
  operator: account('ops', '118042700000000140113'),
};

/** @param more service accounts to add to the sandbox's own */
export function createAccounts(more: readonly ServiceAccount[] = []): Accounts {
  const accounts = new Map([...Object.values(ACCOUNTS), ...more].map((one) => [one.email, one]));
  return {
    find: (name) => accounts.get(name) ?? [...accounts.values()].find(({ uniqueId }) => uniqueId === name),
    list: () => [...accounts.values()],
    put: (one) => void accounts.set(one.email, one),
    remove: (email) => void accounts.delete(email),
  };
}
