// A preload script that opens the inspector in the bridge's process. The script is needed because the bridge refuses to start
// with --inspect.
import { open } from 'node:inspector';

open(Number(process.env['INSPECTOR_PORT']), '127.0.0.1');
