// Loaded before the bridge: opens the inspector, which the bridge refuses to be started with.
import { open } from 'node:inspector';

open(Number(process.env['INSPECTOR_PORT']), '127.0.0.1');
