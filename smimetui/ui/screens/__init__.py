"""A file per screen or sheet."""
