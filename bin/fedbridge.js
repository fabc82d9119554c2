#!/usr/bin/env node
// The `fedbridge` command: runs src/ in a clone, and lib/ in the npm package, which does not contain src/.
import { existsSync } from 'node:fs';
import { URL } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);
await import(existsSync(source) ? source.href : '../lib/main.js');
