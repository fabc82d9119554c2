// A preload script for the bridge's process: opens the inspector, because the bridge refuses to start with --inspect.
import { open } from 'node:inspector';

open(Number(process.env['INSPECTOR_PORT']), '127.0.0.1');
