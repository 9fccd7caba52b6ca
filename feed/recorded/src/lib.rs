//! The recorded feed: data files, merging, the bar-to-quote bridge, a synthetic market.
