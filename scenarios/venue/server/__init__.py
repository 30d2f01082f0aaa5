"""Server: the venue behind HTTP and websockets on loopback, for any Binance client."""
