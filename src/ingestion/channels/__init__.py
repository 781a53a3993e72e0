"""One module per channel: how it verifies, parses and sends."""
