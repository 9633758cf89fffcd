#!/usr/bin/env node
'use strict';

const { spawn } = require('node:child_process');
const { binary } = require('./index.js');

const child = spawn(binary(), process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (status) => {
  process.exitCode = status ?? 1;
});
