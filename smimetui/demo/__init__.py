"""Builds the sandbox: a small organisation with its certificates, its address list and a mailbox."""
