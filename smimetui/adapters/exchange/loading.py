"""The first import of exchangelib, so that the screen's thread hardly notices it."""

import gc
from threading import Lock

_loading = Lock()
_loaded: list[str] = []


def load() -> None:
    """Import exchangelib and what works with it, once; call it on a lane, before any other import of it or of requests.

    Two threads that entered their circle of modules at different places got halves of modules, and an ImportError.

    Measured: what held other threads up was not the import itself but the full garbage collections it set off, 40 to 75
    ms each, for it makes 35,000 objects that live as long as the program. So nothing is collected meanwhile, and what
    lives then is never looked at again: later collections are short, too.
    """
    with _loading:
        if not _loaded:
            _import()
            _loaded.append("exchangelib")


def _import() -> None:
    collecting = gc.isenabled()
    gc.disable()
    try:
        import smimetui.adapters.exchange.calls
        import smimetui.adapters.exchange.failures
        import smimetui.adapters.exchange.resolve_names
        import smimetui.adapters.exchange.watching  # noqa: F401 - all that the first screen needs
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
