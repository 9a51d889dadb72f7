"""The hook that keeps certificates: exchangelib's own reading loses every one."""

from base64 import b64encode

import pytest
from exchangelib.util import TNS, to_xml

from smimetui.adapters.exchange.opening import exchange_over
from smimetui.adapters.exchange.resolve_names import Resolved, read_mailbox, read_resolution
from smimetui.demo.exchange import ExchangeServer
from tests.adapters.exchange.people import CAROL, PASSWORD, connect

ONE, TWO, THREE = b"\x30\x82one", b"\x00two", b"three" * 40
COMPACT = (
    f'<t:Resolution xmlns:t="{TNS}"><t:Mailbox><t:Name>Carol</t:Name><t:EmailAddress>carol@corp.example'
    "</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>"
    "<t:Contact><t:DisplayName>Carol Chen</t:DisplayName><t:EmailAddresses>"
    '<t:Entry Key="EmailAddress1">SMTP:carol@corp.example</t:Entry>'
    '<t:Entry Key="EmailAddress2">smtp:c.chen@corp.example</t:Entry>'
    '<t:Entry Key="EmailAddress3">X500:/o=CORP/cn=Carol</t:Entry></t:EmailAddresses>'
    "<t:UserSMIMECertificate><t:Base64Binary>{0}</t:Base64Binary><t:Base64Binary>{1}</t:Base64Binary>"
    "</t:UserSMIMECertificate><t:MSExchangeCertificate><t:Base64Binary>{2}</t:Base64Binary>"
    "</t:MSExchangeCertificate></t:Contact></t:Resolution>"
)


def resolution(*values: str, pretty: bool = False) -> Resolved:
    text = COMPACT
    for number, value in enumerate(values):
        text = text.replace(f"{{{number}}}", value)
    if pretty:
        text = text.replace("><", ">\n  <")
    return read_resolution(to_xml(text.encode()).getroot())


def base64(value: bytes, *, lines: bool = False) -> str:
    text = b64encode(value).decode()
    return "\n    " + "\n    ".join(text[at : at + 20] for at in range(0, len(text), 20)) + "\n  " if lines else text


@pytest.mark.parametrize("pretty", [False, True])
def test_all_values_of_both_fields_are_read_from_compact_and_pretty_xml(*, pretty: bool) -> None:
    found = resolution(*(base64(value, lines=pretty) for value in (ONE, TWO, THREE)), pretty=pretty)
    assert found.certificates == (ONE, TWO, THREE)
    assert found.addresses == ("carol@corp.example", "c.chen@corp.example")
    assert found.mailbox.name == "Carol"


@pytest.mark.parametrize("pretty", [False, True])
def test_exchangelib_itself_still_loses_them(*, pretty: bool) -> None:
    """Should this fail, the hook may go."""
    from exchangelib.items import Contact

    text = COMPACT.replace("{0}", base64(ONE)).replace("{1}", base64(TWO)).replace("{2}", base64(THREE))
    text = text.replace("><", ">\n  <") if pretty else text
    contact = Contact.from_xml(to_xml(text.encode()).getroot().find(f"{{{TNS}}}Contact"), account=None)
    assert not contact.user_smime_certificate
    assert not contact.ms_exchange_certificate


def test_a_value_that_is_no_base64_hides_no_other() -> None:
    assert resolution("not base64!", base64(TWO), "").certificates == (TWO,)


def test_a_thousand_values_are_enough() -> None:
    values = "</t:Base64Binary><t:Base64Binary>".join(base64(b"%d" % number) for number in range(1500))
    assert len(resolution(values, base64(ONE), base64(TWO)).certificates) == 1000


@pytest.mark.parametrize("pretty", [False, True])
def test_certificates_come_through_exchangelib_over_a_socket(*, pretty: bool) -> None:
    with ExchangeServer(pretty=pretty) as server:
        server.add_mailbox("alice@corp.example", PASSWORD)
        server.publish("Carol", ["carol@corp.example"], [ONE, TWO], exchange_certificates=[THREE])
        exchange = exchange_over(connect(server))
        (entry,) = exchange.directories[0].lookup(CAROL)
        assert entry.certificates == (ONE, TWO, THREE)
        exchange.connection.close()


def mailbox(xml: str) -> object:
    return read_mailbox(to_xml(f'<t:Mailbox xmlns:t="{TNS}">{xml}</t:Mailbox>'.encode()).getroot())


def test_an_ex_address_is_no_internet_address() -> None:
    found = mailbox("<t:EmailAddress>/o=CORP/cn=a@b</t:EmailAddress><t:RoutingType>EX</t:RoutingType>")
    assert (found.address, found.other) == ("", "/o=CORP/cn=a@b")


def test_a_mailbox_without_anything_is_empty() -> None:
    assert (mailbox("").address, mailbox("").kind) == ("", "Mailbox")
    assert read_mailbox(None) == mailbox("")


def test_a_name_that_the_mailbox_lacks_is_the_contacts() -> None:
    text = COMPACT.replace("<t:Name>Carol</t:Name>", "")
    assert read_resolution(to_xml(text.encode()).getroot()).mailbox.name == "Carol Chen"
