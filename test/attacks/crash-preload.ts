// Loaded into the bridge's process before the bridge: a signal makes it fail as a bug of ours or of a library would, with a
// secret in the message of what nobody catches.
process.on('SIGUSR2', () => {
  throw new TypeError(`cannot read ${process.env['CRASH_SECRET'] ?? ''} of undefined`);
});
