// A client of the service: it gets a token from the token endpoint and calls the operations.

/** Marks the requests of this page, so that the log can leave them out. */
export const OWN = { "x-aspose-client": "sandbox page" };

/** An error response, with the message of the service. */
export class ServiceError extends Error {
  constructor(message, facts = {}) {
    super(message);
    Object.assign(this, facts);
  }
}

export class Service {
  #token;
  #validUntil = 0;
  #underWay;

  /** @param connection the response of `/_sandbox/page/connection` */
  constructor(connection) {
    this.baseUrl = location.origin + connection.base_path;
    this.tokenUrl = location.origin + connection.token_path;
    this.adminUrl = `${location.origin}/_sandbox`;
    this.clientId = connection.client_id;
    this.clientSecret = connection.client_secret;
    this.writable = new Set(connection.writable);
    this.unreadable = new Set(connection.unreadable);
    this.operations = connection.operations;
  }

  /** Uses another client from now on. */
  use(id, secret) {
    this.clientId = id;
    this.clientSecret = secret;
    this.#validUntil = 0;
  }

  /** Makes an admin call; `body` is sent as JSON. */
  async admin(method, path, body) {
    const headers = { "content-type": "application/json" };
    return fetchChecked(this.adminUrl + path, { method, headers, body: body && JSON.stringify(body) });
  }

  static async connect() {
    return new Service(await (await fetchChecked("/_sandbox/page/connection")).json());
  }

  /** The OpenAPI document, with the URLs under which the browser reaches the sandbox. */
  async document() {
    const text = await (await fetchChecked(this.documentUrl, { headers: OWN })).json();
    text.servers = [{ url: this.baseUrl, description: "This sandbox." }];
    for (const scheme of Object.values(text.components.securitySchemes)) {
      const flow = scheme.flows?.clientCredentials;
      if (flow) flow.tokenUrl = this.tokenUrl;
    }
    return text;
  }

  get documentUrl() {
    return `${this.baseUrl}/barcode/swagger/spec`;
  }

  /** Returns an access token: the cached one while it is valid, otherwise a new one. */
  async token() {
    if (Date.now() < this.#validUntil) return this.#token;
    this.#underWay ??= this.#obtain().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  async #obtain() {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: this.clientId,
      client_secret: this.clientSecret,
    });
    const { access_token, expires_in } = await (await fetchChecked(this.tokenUrl, { method: "POST", headers: OWN, body })).json();
    this.#token = access_token;
    this.#validUntil = Date.now() + (expires_in - 10) * 1000;
    return access_token;
  }

  /** Calls an operation; `path` is relative to the base URL. After a 401, the token is renewed once. */
  async call(path, options = {}) {
    const send = async () => {
      const headers = { ...OWN, ...options.headers, Authorization: `Bearer ${await this.token()}` };
      return fetchChecked(this.baseUrl + path, { ...options, headers });
    };
    try {
      return await send();
    } catch (error) {
      if (error.status !== 401) throw error;
      this.#validUntil = 0;
      return send();
    }
  }
}

/** Sends a request. Returns a successful response and throws any other as an error. */
export async function fetchChecked(url, options) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("The sandbox did not respond. Is it still running?");
  }
  if (response.ok) return response;
  throw await failure(response);
}

async function failure(response) {
  const facts = { status: response.status, requestId: response.headers.get("x-request-id") };
  const text = await response.text().catch(() => "");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return new ServiceError(text.slice(0, 300) || `The response was empty.`, facts);
  }
  if (typeof body?.error === "string") {
    return new ServiceError(body.error_description ?? body.error, { ...facts, code: body.error });
  }
  const { code, message, description } = body?.error ?? {};
  return new ServiceError(message ?? text.slice(0, 300), { ...facts, code, description });
}
