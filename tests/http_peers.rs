//! Programs of others talk to our server (ctests/http_peers/server.c): curl, wrk, nginx in front
//! as a proxy, Python's http.client, and h11, which also says what is right where bytes are random.
//! Nothing leaves loopback. What cannot be installed is skipped, and said so.

#[path = "http_peers/curl.rs"]
mod curl;
#[path = "support/http.rs"]
mod http;
#[path = "http_peers/nginx.rs"]
mod nginx;
#[path = "http_peers/python.rs"]
mod python;
#[path = "http_peers/wrk.rs"]
mod wrk;
