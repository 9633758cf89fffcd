export interface Options {
  /** Options of the program, such as `['--seed', '1']`. `npx barcode-sandbox --help` lists them. */
  options?: string[];
  /** The program to start, if not the one in this package. */
  binary?: string;
}

/** Conditions that a request must meet, such as `{ operation: 'Scan' }`. */
export interface Matcher {
  operation?: string;
  method?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  /** Values at JSON paths of the request body, such as `{ '$.encodeData.data': 'A1' }`. */
  json?: Record<string, unknown>;
}

/** Which requests to let fail. */
export interface Conditions {
  operation?: string;
  matching?: Matcher;
  /** Only the nth request that matches, and those after it. */
  nth?: number;
  /** How often to play the steps; once by default. */
  times?: number | 'forever';
  probability?: number;
  seed?: number;
}

/** A running sandbox. It also stops when this process ends. */
export interface Sandbox {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The URL of the admin calls, such as `/faults`. */
  readonly adminUrl: string;
  /** The URL of a page for browsers, with a live log of the requests. */
  readonly pageUrl: string;
  /** The certificate for clients to trust, in PEM format, with the option `--tls`. */
  readonly caCertificate: string | null;
  /** Returns to the state at the start: an empty request log, no faults, no revoked tokens. */
  reset(): Promise<void>;
  /** Returns how many requests were received that meet all conditions. */
  count(matcher?: Matcher): Promise<number>;
  /** Returns the last thousand requests, with their responses. */
  requests(): Promise<Record<string, unknown>[]>;
  /** Lets the next requests fail, such as `inject('status=503, ok', { operation: 'Scan' })`. */
  inject(steps: string | object[], conditions?: Conditions): Promise<void>;
  /**
   * Sends an admin call, such as `admin('POST', '/tokens/revoke', {})`. Returns the JSON of the
   * response, or null if it has no body.
   */
  admin(method: string, path: string, body?: unknown): Promise<any>;
  /** Stops the sandbox. It waits at most nine seconds for requests in flight. */
  close(): Promise<void>;
}

/**
 * Starts a sandbox. By default, it listens on a free port of the loopback interface and has random
 * credentials.
 */
export function start(options?: Options): Promise<Sandbox>;

/** Returns the path of the program for this platform. Throws if this package does not have one. */
export function binary(): string;
