"""An OAuth 2 server on Authlib with one client for each way to authenticate.

`python authlib_server.py DIR` reads keys from DIR, starts on a free port of loopback, and prints what a test needs to
know as one line of JSON.
"""

import json
import sys
from pathlib import Path

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask
from joserfc import jwk
from werkzeug.serving import make_server

FOLDER = Path(sys.argv[1])
SECRET = "a b+c%d:&="


class Client(ClientMixin):
    def __init__(self, method, **facts):
        self.id = " ".join(filter(None, [method, facts.get("algorithm")]))
        self.method = method
        self.facts = facts

    def get_client_id(self):
        return self.id

    def get_allowed_scope(self, scope):
        return " ".join(name for name in (scope or "").split() if name == "read")

    def check_client_secret(self, client_secret):
        return client_secret == self.facts["secret"]

    def check_endpoint_auth_method(self, method, endpoint):
        mine = JWTBearerClientAssertion.CLIENT_AUTH_METHOD if self.method == "private_key_jwt" else self.method
        return method == mine

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class ClientAssertion(JWTBearerClientAssertion):
    def __init__(self, token_url):
        super().__init__()
        self.token_url = token_url
        self.used = set()

    def get_audiences(self):
        return [self.token_url]

    def validate_jti(self, claims, jti):
        new = jti not in self.used
        self.used.add(jti)
        return new

    def resolve_client_public_key(self, client):
        kind = "EC" if client.facts["algorithm"] == "ES256" else "RSA"
        return jwk.import_key(Path(client.facts["key"]).read_text(), kind)


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [
        "client_secret_basic",
        "client_secret_post",
        JWTBearerClientAssertion.CLIENT_AUTH_METHOD,
    ]


def key_client(algorithm, name, wrong):
    return Client("private_key_jwt", algorithm=algorithm, key=str(FOLDER / name), wrong_key=str(FOLDER / wrong))


CLIENTS = [
    Client("client_secret_basic", secret=SECRET),
    Client("client_secret_post", secret=SECRET),
    key_client("RS256", "rsa-pkcs1.pem", "rsa-wrong.pem"),
    key_client("ES256", "ec-sec1.pem", "ec-wrong.pem"),
]

app = Flask("authlib-server")
by_id = {client.id: client for client in CLIENTS}
server = AuthorizationServer(app, query_client=by_id.get, save_token=lambda token, request: None)
server.register_grant(ClientCredentials)


@app.post("/token")
def token():
    return server.create_token_response()


http = make_server("127.0.0.1", 0, app)
url = f"http://127.0.0.1:{http.port}/token"
server.register_client_auth_method(JWTBearerClientAssertion.CLIENT_AUTH_METHOD, ClientAssertion(url))
clients = [{"method": client.method, "id": client.id, **client.facts} for client in CLIENTS]
print(json.dumps({"name": "Authlib", "token_url": url, "clients": clients}), flush=True)
http.serve_forever()
