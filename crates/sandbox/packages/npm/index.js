'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { existsSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { text } = require('node:stream/consumers');

function binary() {
  const platform = `${process.platform}-${process.arch}`;
  const name = process.platform === 'win32' ? 'barcode-sandbox.exe' : 'barcode-sandbox';
  const file = path.join(__dirname, 'bin', platform, name);
  if (!existsSync(file)) {
    throw new Error(`barcode-cloud-sandbox has no program for ${platform}: build it, and set the option "binary"`);
  }
  return file;
}

async function start({ options = [], binary: file = binary() } = {}) {
  const command = ['--json', '--exit-with-parent', ...options];
  // The standard input stays open, because its end stops the sandbox on macOS and Windows.
  const child = spawn(file, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('error', reject);
    child.once('close', (status) => reject(new Error(`the sandbox did not start; exit status ${status}`)));
  });
  // A sandbox that was not closed does not keep this process running.
  for (const handle of [child, child.stdin, child.stdout]) handle.unref();
  return new Sandbox(child, JSON.parse(line));
}

class Sandbox {
  #child;

  constructor(child, started) {
    this.#child = child;
    this.baseUrl = started.base_url;
    this.tokenUrl = started.token_url;
    this.clientId = started.client_id;
    this.clientSecret = started.client_secret;
    this.adminUrl = started.admin_url;
    this.pageUrl = started.page_url;
    this.caCertificate = started.ca_certificate;
  }

  async reset() {
    await this.admin('POST', '/reset');
  }

  async count(matcher = {}) {
    return (await this.admin('POST', '/requests/count', matcher)).count;
  }

  async requests() {
    return (await this.admin('GET', '/requests')).requests;
  }

  async inject(steps, conditions = {}) {
    await this.admin('POST', '/faults', { steps, ...conditions });
  }

  async admin(method, path, body) {
    const url = new URL(this.adminUrl + path);
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      agent: false,
      ca: this.caCertificate ?? undefined,
      headers: { 'Content-Type': 'application/json' },
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(request, 'response');
    const content = await text(response);
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${content}`);
    return content === '' ? null : JSON.parse(content);
  }

  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

module.exports = { start, binary };
