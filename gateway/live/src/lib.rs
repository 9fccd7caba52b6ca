//! The live gateway: approved orders become requests, replies become reports.
