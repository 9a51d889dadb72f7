"""A file per widget."""
