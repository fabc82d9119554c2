// Asks the person at the terminal for the code of an MFA device.

export function askMfaCode(_mfaSerial: string): Promise<string> {
  return Promise.reject(new Error('no terminal'));
}
