"""The loopback Exchange server, tried with the real exchangelib and with requests made by hand."""
