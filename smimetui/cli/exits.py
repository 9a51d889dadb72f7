"""The exit codes of the command line."""

DONE = 0
CANNOT = 1
"""It could not be read, decrypted, opened or done; one line on stderr says why."""
USAGE = 2
NOT_READY = 3
"""A recipient cannot be written to in secret."""
INTERRUPTED = 130
"""Ended by Ctrl+C, as shells have it."""
CLOSED_PIPE = 141
"""The reader of our output is gone, as shells have it for SIGPIPE."""
