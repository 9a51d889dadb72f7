"""Bytes in, bytes out: MIME, CMS, certification paths, sealing and opening. No I/O, no clock, no network."""
