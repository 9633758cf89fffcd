// Tests the installed package: the program and the module.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';

import { start } from 'barcode-cloud-sandbox';

let sandbox;
before(async () => {
  sandbox = await start();
});
beforeEach(() => sandbox.reset());
after(() => sandbox.close());

async function authorization() {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: sandbox.clientId,
    client_secret: sandbox.clientSecret,
  });
  const response = await fetch(sandbox.tokenUrl, { method: 'POST', body });
  assert.equal(response.status, 200);
  return { Authorization: `Bearer ${(await response.json()).access_token}` };
}

test('a generated barcode is read, and both requests are counted', async () => {
  const headers = await authorization();
  const generated = await fetch(`${sandbox.baseUrl}/barcode/generate/QR?data=Hello`, { headers });
  const image = Buffer.from(await generated.arrayBuffer());
  const scanned = await fetch(`${sandbox.baseUrl}/barcode/scan-body`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ fileBase64: image.toString('base64') }),
  });
  const { barcodes } = await scanned.json();
  assert.deepEqual(barcodes.map((barcode) => barcode.barcodeValue), ['Hello']);

  assert.equal(await sandbox.count(), 3);
  assert.equal(await sandbox.count({ operation: 'Generate', query: { data: 'Hello' } }), 1);
  const operations = (await sandbox.requests()).map((request) => request.operation);
  assert.deepEqual(operations, ['token', 'Generate', 'ScanBase64']);
});

test('an injected fault fails a request', async () => {
  await sandbox.inject('status=503', { operation: 'token' });
  await assert.rejects(authorization);
  await authorization();
});

test('a rejected admin call is an error with the reason', async () => {
  await assert.rejects(sandbox.count({ operation: 'Missing' }), /Missing is not an operation/);
});

test('options are passed to the program, and TLS is trusted', async () => {
  const [first, second] = await Promise.all([start({ options: ['--seed', '1', '--tls'] }), start({ options: ['--seed', '1'] })]);
  assert.match(first.baseUrl, /^https:/);
  assert.deepEqual([first.clientId, first.clientSecret], [second.clientId, second.clientSecret]);
  assert.equal(await first.count(), 0);
  await Promise.all([first.close(), second.close(), second.close()]);
  await assert.rejects(fetch(second.pageUrl));
});

test('an invalid option, or a program that does not exist, is an error', async () => {
  await assert.rejects(start({ options: ['--port', 'none'] }), /exit status 2/);
  await assert.rejects(start({ binary: '/does/not/exist' }), /ENOENT/);
});

test('a process that does not close its sandbox ends, and the sandbox ends with it', () => {
  const code = "require('barcode-cloud-sandbox').start().then((sandbox) => console.log(sandbox.pageUrl))";
  // The sandbox inherits the standard error, so this returns when it has ended.
  const { status, stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0);
  assert.match(stdout, /^http:/);
});

test('the command of the package runs the program until a signal', async () => {
  const child = spawn('node_modules/.bin/barcode-sandbox', ['--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { page_url: pageUrl } = JSON.parse(line);
  assert.equal((await fetch(pageUrl)).status, 200);
  child.kill();
  await once(child, 'close');
  await assert.rejects(fetch(pageUrl));
});
