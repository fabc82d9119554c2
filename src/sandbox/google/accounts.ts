// The Google project that the sandbox plays: its instance and its service accounts.

export interface ServiceAccount {
  readonly email: string;
  /** 21 digits, `sub` and `azp` of the tokens of the metadata server. */
  readonly uniqueId: string;
}

export interface Accounts {
  /** @param name an e-mail or a unique ID */
  find(name: string): ServiceAccount | undefined;
  list(): readonly ServiceAccount[];
  /** Another unique ID under the same e-mail is an account that was deleted and made again. */
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

/** Those that there are at first. `bridge` is the instance's own, that the metadata server calls `default`. */
export const ACCOUNTS = {
  bridge: account('fedbridge', '104815162342108150001'),
  reader: account('reader', '112010400000000710080'),
  scoped: account('scoped', '113020500000000820091'),
  stranger: account('stranger', '117031600000000930102'),
};

export function createAccounts(): Accounts {
  const accounts = new Map(Object.values(ACCOUNTS).map((one) => [one.email, one]));
  return {
    find: (name) => accounts.get(name) ?? [...accounts.values()].find(({ uniqueId }) => uniqueId === name),
    list: () => [...accounts.values()],
    put: (one) => void accounts.set(one.email, one),
    remove: (email) => void accounts.delete(email),
  };
}
