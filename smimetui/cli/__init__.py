"""The commands: each a thin caller of a service, with its exit codes."""
