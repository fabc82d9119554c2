// A preload script for the bridge's process. When the process receives SIGUSR2, the script throws an uncaught error with a
// secret in its message.
process.on('SIGUSR2', () => {
  throw new TypeError(`cannot read ${process.env['CRASH_SECRET'] ?? ''} of undefined`);
});
