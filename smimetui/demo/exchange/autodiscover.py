"""Autodiscover in both forms: plain XML (POX) for Outlook's way, SOAP (GetUserSettings) for the newer one."""

from collections.abc import Iterable

from smimetui.demo.exchange.dispatch import Answer
from smimetui.demo.exchange.markup import (
    AUTODISCOVER,
    POX_OUTLOOK,
    POX_REQUEST,
    POX_RESPONSE,
    SOAP,
    MalformedXmlError,
    Node,
    leaf,
    node,
    parse,
    render,
)
from smimetui.demo.exchange.service import Service
from smimetui.demo.exchange.soap import BUILD
from smimetui.model.value import dataclass

POX_PATH = "/autodiscover/autodiscover.xml"
SOAP_PATH = "/autodiscover/autodiscover.svc"


@dataclass(slots=True, kw_only=True)
class Places:
    """Where the services are; with `moved_to` every answer names that address instead."""

    ews: str = ""
    host: str = ""
    moved_to: str = ""


def answer_pox(service: Service, places: Places, body: bytes, *, pretty: bool) -> Answer:
    """Answer an Outlook request ([MS-OXDSCLI])."""
    try:
        request = parse(body).find(f"{POX_REQUEST}Request")
    except MalformedXmlError:
        request = None
    address = request.text_of(f"{POX_REQUEST}EMailAddress").strip() if request is not None else ""
    entry = service.people.at(address)
    if request is None:
        content = _pox_error("600", "Invalid Request")
    elif service.mailbox_at(address) is None:
        content = _pox_error("500", "The e-mail address cannot be found.")
    elif places.moved_to:
        account = node(
            f"{POX_OUTLOOK}Account",
            leaf(f"{POX_OUTLOOK}Action", "redirectAddr"),
            leaf(f"{POX_OUTLOOK}RedirectAddr", places.moved_to),
        )
        content = node(f"{POX_OUTLOOK}Response", account)
    else:
        content = _pox_settings(entry.name if entry else address, address, places)
    return Answer(document=render(node(f"{POX_RESPONSE}Autodiscover", content), pretty=pretty))


def _pox_error(code: str, text: str) -> Node:
    error = node(f"{POX_RESPONSE}Error", leaf(f"{POX_RESPONSE}ErrorCode", code), leaf(f"{POX_RESPONSE}Message", text))
    return node(f"{POX_RESPONSE}Response", error)


def _pox_settings(name: str, address: str, places: Places) -> Node:
    def each(tag: str, *children: Node) -> Node:
        return node(POX_OUTLOOK + tag, *children)

    def said(tag: str, text: str) -> Node:
        return leaf(POX_OUTLOOK + tag, text)

    protocols = [
        each(
            "Protocol",
            said("Type", kind),
            said("Server", places.host),
            said("EwsUrl", places.ews),
            said("ASUrl", places.ews),
        )
        for kind in ("EXCH", "EXPR")
    ]
    user = each("User", said("DisplayName", name), said("AutoDiscoverSMTPAddress", address))
    account = each("Account", said("AccountType", "email"), said("Action", "settings"), *protocols)
    return each("Response", user, account)


def answer_soap(service: Service, places: Places, body: bytes, *, pretty: bool) -> Answer:
    """Answer GetUserSettings ([MS-OXWSADISC])."""
    try:
        users, settings = _read_soap(parse(body))
    except MalformedXmlError:
        return Answer(status=400)
    responses = [_user_response(service, places, user, settings) for user in users]
    response = node(
        f"{AUTODISCOVER}Response",
        leaf(f"{AUTODISCOVER}ErrorCode", "NoError"),
        leaf(f"{AUTODISCOVER}ErrorMessage", ""),
        node(f"{AUTODISCOVER}UserResponses", *responses),
    )
    version = node(f"{AUTODISCOVER}ServerVersionInfo", *(leaf(AUTODISCOVER + name, BUILD[name]) for name in BUILD))
    version.children.append(leaf(f"{AUTODISCOVER}Version", "Exchange2016"))
    document = node(
        f"{SOAP}Envelope",
        node(f"{SOAP}Header", version),
        node(f"{SOAP}Body", node(f"{AUTODISCOVER}GetUserSettingsResponseMessage", response)),
    )
    return Answer(document=render(document, pretty=pretty))


def _read_soap(envelope: Node) -> tuple[list[str], list[str]]:
    body = envelope.find(f"{SOAP}Body")
    message = body.find(f"{AUTODISCOVER}GetUserSettingsRequestMessage") if body is not None else None
    request = message.find(f"{AUTODISCOVER}Request") if message is not None else None
    users = request.find(f"{AUTODISCOVER}Users") if request is not None else None
    settings = request.find(f"{AUTODISCOVER}RequestedSettings") if request is not None else None
    if users is None or settings is None:
        raise MalformedXmlError("no GetUserSettings request")
    return (
        [user.text_of(f"{AUTODISCOVER}Mailbox").strip() for user in users.children],
        [setting.text.strip() for setting in settings.children],
    )


def _user_response(service: Service, places: Places, address: str, wanted: Iterable[str]) -> Node:
    if service.mailbox_at(address) is None:
        return _response("InvalidUser", f"Invalid user: '{address}'")
    if places.moved_to:
        moved = leaf(f"{AUTODISCOVER}RedirectTarget", places.moved_to)
        return _response("RedirectAddress", "Redirection address.", moved)
    entry = service.people.at(address)
    known = {
        "UserDisplayName": entry.name if entry else address,
        "AutoDiscoverSMTPAddress": address,
        "InternalEwsUrl": places.ews,
        "ExternalEwsUrl": places.ews,
        "ExternalEwsVersion": ".".join(BUILD.values()),
        "EwsSupportedSchemas": "Exchange2007, Exchange2010, Exchange2013, Exchange2013_SP1, Exchange2016",
    }
    settings = [
        node(
            f"{AUTODISCOVER}UserSetting",
            leaf(f"{AUTODISCOVER}Name", name),
            leaf(f"{AUTODISCOVER}Value", known[name]),
        )
        for name in wanted
        if name in known
    ]
    return _response("NoError", "No error.", node(f"{AUTODISCOVER}UserSettings", *settings))


def _response(code: str, text: str, *more: Node) -> Node:
    return node(
        f"{AUTODISCOVER}UserResponse",
        leaf(f"{AUTODISCOVER}ErrorCode", code),
        leaf(f"{AUTODISCOVER}ErrorMessage", text),
        *more,
    )
