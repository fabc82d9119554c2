// The Google project that the sandbox plays: its instance and its service accounts, with unique IDs that never change.

export interface ServiceAccount {
  readonly email: string;
  /** 21 digits, `sub` and `azp` of the tokens of the metadata server. */
  readonly uniqueId: string;
}

export const PROJECT = { id: 'acme-prod', number: 481920364751 };

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

/** `bridge` is the instance's own, that the metadata server calls `default`. */
export const ACCOUNTS = {
  bridge: account('fedbridge', '104815162342108150001'),
  reader: account('reader', '112010400000000710080'),
  scoped: account('scoped', '113020500000000820091'),
  stranger: account('stranger', '117031600000000930102'),
};
