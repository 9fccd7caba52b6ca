//! Links under TLS, against a server of rustls's buffered kind whose bytes a test holds in its hands.

mod certificates;
mod conversation;
pub(crate) mod server;
