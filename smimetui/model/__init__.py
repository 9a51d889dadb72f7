"""Values: addresses, certificates, messages, verdicts and errors. No I/O, no clock."""
