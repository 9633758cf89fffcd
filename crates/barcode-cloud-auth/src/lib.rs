//! OAuth 2 client_credentials tokens for any HTTP API: cached, renewed ahead, single-flight
