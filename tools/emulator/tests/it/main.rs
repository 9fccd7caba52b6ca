//! The emulator over real loopback sockets, driven by clients that share no code with it: a plain
//! `TcpStream` for HTTP, `tungstenite` for websockets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod chaos;
mod classes;
mod client;
mod compression;
mod data_rest;
mod driver;
mod errors;
mod faults_replies;
mod faults_streams;
mod hostile;
mod hours;
mod limits;
mod load;
mod lock_step;
mod market_data;
mod markets;
mod msgpack;
mod orders;
mod page;
mod portfolio;
mod reading;
mod readme;
mod replace;
mod rules;
mod samples;
mod scenario;
mod scenario_affairs;
mod scenario_market;
mod scripts;
mod session;
mod stage;
mod tls;
mod types;
mod updates;
mod validation;
mod watchlists;
