"""One outside library or system each, behind a port of `services.ports`; its exceptions are translated here."""
