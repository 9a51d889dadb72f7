"""An Exchange server on the loopback: for the tests of what talks to one, and for the demo."""

from smimetui.demo.exchange.certificate import Tls
from smimetui.demo.exchange.directory import Entry
from smimetui.demo.exchange.login import Scheme
from smimetui.demo.exchange.server import ExchangeServer
from smimetui.demo.exchange.service import ContactCertificates, Options, Sent

__all__ = ["ContactCertificates", "Entry", "ExchangeServer", "Options", "Scheme", "Sent", "Tls"]
