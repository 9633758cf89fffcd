// An OpenID Provider with one client for each way to authenticate. `node oidc_provider.mjs DIR` reads keys and
// certificates from DIR, starts on a free port, and prints what a test needs to know as one line of JSON.
import { X509Certificate, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { Provider } from "oidc-provider";

const file = (name) => join(process.argv[2], name);
const read = (name) => readFileSync(file(name));
const publicKey = (name, kid) => ({ ...createPublicKey(read(name)).export({ format: "jwk" }), kid, use: "sig" });
const certificate = () => {
  const raw = new X509Certificate(read("client.pem"));
  return { ...raw.publicKey.export({ format: "jwk" }), x5c: [raw.raw.toString("base64")] };
};
const resource = "urn:example:forecast";

// `client` is what the test needs to know; `metadata` is the registration that fits it.
const clients = [
  { client: { method: "client_secret_basic", secret: "a b+c%d:&=" } },
  { client: { method: "client_secret_post", secret: "a b+c%d:&=" } },
  ...["RS256", "PS256", "ES256"].map((algorithm) => {
    const name = algorithm === "ES256" ? "ec" : "rsa";
    return {
      client: { method: "private_key_jwt", algorithm, key: file(`${name}.pem`), wrong_key: file(`${name}-wrong.pem`), key_id: "1" },
      metadata: { jwks: { keys: [publicKey(`${name}.pem`, "1")] }, token_endpoint_auth_signing_alg: algorithm },
    };
  }),
  {
    client: { method: "tls_client_auth", identity: file("client.pem") },
    metadata: { tls_client_auth_san_dns: "client.example" },
  },
  {
    client: { method: "self_signed_tls_client_auth", identity: file("client.pem") },
    metadata: { jwks: { keys: [certificate()] } },
  },
].map(({ client, metadata }) => ({ client: { id: `${client.method} ${client.algorithm ?? ""}`.trim(), ...client }, metadata }));

const server = createServer({
  key: read("server.key"),
  cert: read("server.crt"),
  ca: read("ca.crt"),
  requestCert: true,
  // The provider decides which clients need a certificate.
  rejectUnauthorized: false,
});
server.listen(0, "localhost", () => {
  const issuer = `https://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: clients.map(({ client, metadata }) => ({
      client_id: client.id,
      client_secret: client.secret,
      token_endpoint_auth_method: client.method,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      scope: "read write",
      ...metadata,
    })),
    clientAuthMethods: [...new Set(clients.map(({ client }) => client.method))],
    scopes: ["read", "write"],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate()?.toString(),
        certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === "tls_client_auth_san_dns" && ctx.socket.getPeerX509Certificate().checkHost(expected) !== undefined,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: "read write", accessTokenFormat: "jwt" }),
      },
    },
  });
  server.on("request", provider.callback());
  const summary = { name: "oidc-provider", token_url: `${issuer}/token`, ca: file("ca.crt"), resource };
  console.log(JSON.stringify({ ...summary, clients: clients.map(({ client }) => client) }));
});
