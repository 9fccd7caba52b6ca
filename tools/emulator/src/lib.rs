//! A loopback Alpaca with real sockets and its own book.
