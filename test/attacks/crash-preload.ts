// A preload script for the bridge's process: SIGUSR2 throws an uncaught error with a secret in its message.
process.on('SIGUSR2', () => {
  throw new TypeError(`cannot read ${process.env['CRASH_SECRET'] ?? ''} of undefined`);
});
