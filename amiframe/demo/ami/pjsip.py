"""Answers about phones: PJSIP endpoints, their contacts, and the states of devices and extensions."""

from __future__ import annotations

from functools import cache
from importlib import resources

from amiframe.demo.ami.response import Item, Request, listing, required, success
from amiframe.demo.pbx.cdr import caller_id
from amiframe.demo.pbx.channels import Pairs, extension_pairs
from amiframe.demo.pbx.state import DEVICE_STATES, Endpoint
from amiframe.demo.pbx.world import World
from amiframe.schema import EVENTS
from amiframe.wire.message import Message

_EXPIRES_S = 3600
_DEFAULTS = {"str": "", "int": "0", "bool": "false", "float": "0.000000"}


def _device_words(world: World, phone: Endpoint) -> str:
    return DEVICE_STATES[world.device_states.get(f"PJSIP/{phone.name}", "UNKNOWN")][1]


def _endpoints(world: World, request: Request) -> list[Message]:
    items = []
    for phone in world.endpoints.values():
        own = {
            "ObjectType": "endpoint",
            "ObjectName": phone.name,
            "Aor": phone.name,
            "Contacts": f"{phone.name}/{phone.uri},",
            "DeviceState": _device_words(world, phone),
            "ActiveChannels": str(len(phone.channels)),
        }
        items.append(("EndpointList", _object("EndpointList", own)))
    message = "A listing of Endpoints follows, presented as EndpointList events"
    return listing(request, message, items, "EndpointListComplete")


def _contacts(world: World, request: Request) -> list[Message]:
    phones = required(world.endpoints, "No Contacts found").values()
    items = [("ContactList", _contact(world, phone)) for phone in phones]
    message = "A listing of Contacts follows, presented as ContactList events"
    return listing(request, message, items, "ContactListComplete")


def _contact(world: World, phone: Endpoint) -> Pairs:
    host, _, port = phone.uri.partition("@")[2].partition(":")
    expires = int(world.now // _EXPIRES_S + 1) * _EXPIRES_S + 600
    return (
        ("ObjectType", "contact"),
        ("ObjectName", f"{phone.name};@{_id(phone)}"),
        ("ViaAddr", host or phone.uri.split(":")[1]),
        ("QualifyTimeout", "3.000000"),
        ("Qualify2xxOnly", "false"),
        ("CallId", f"{_id(phone)[:16]}@pbx"),
        ("RegServer", ""),
        ("PruneOnBoot", "no"),
        ("Path", ""),
        ("Endpoint", phone.name),
        ("ViaPort", port or "5060"),
        ("AuthenticateQualify", "no"),
        ("Uri", phone.uri),
        ("QualifyFrequency", "60"),
        ("UserAgent", phone.user_agent),
        ("ExpirationTime", str(expires)),
        ("OutboundProxy", ""),
        ("Status", "Reachable" if phone.reachable else "Unreachable"),
        ("RoundtripUsec", str(phone.round_trip) if phone.reachable else "N/A"),
    )


def _id(phone: Endpoint) -> str:
    return phone.uri.encode().hex().ljust(32, "0")[:32]


def _object(table: str, own: dict[str, str]) -> Pairs:
    """Return the headers of an object in the order of the schema: its own values, else the default of their kind."""
    fields = [f for f in EVENTS[table] if f.header not in ("ActionID", "Disallow")]
    return tuple((f.header, own.get(f.header, _DEFAULTS[f.kind])) for f in fields)


def _aor(phone: Endpoint) -> Pairs:
    own = {
        "ObjectType": "aor",
        "ObjectName": phone.name,
        "MinimumExpiration": "60",
        "DefaultExpiration": str(_EXPIRES_S),
        "QualifyTimeout": "3.000000",
        "MaxContacts": "1",
        "Contacts": f"{phone.name}/{phone.uri}",
        "MaximumExpiration": "7200",
        "QualifyFrequency": "60",
        "RemoveExisting": "true",
    }
    return _object("AorList", own)


def _aors(world: World, request: Request) -> list[Message]:
    items = [("AorList", _aor(phone)) for phone in world.endpoints.values()]
    message = "A listing of AORs follows, presented as AorList events"
    return listing(request, message, items, "AorListComplete")


@cache
def _settings() -> dict[str, str]:
    """Return the settings of an endpoint that are not the default of their kind."""
    text = resources.files("amiframe.demo").joinpath("data/endpoint.txt").read_text(encoding="utf-8")
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {header: value.strip() for header, _, value in lines}


def _endpoint(world: World, request: Request) -> list[Message]:
    name = required(request.get("Endpoint"), "PJSIPShowEndpoint requires an endpoint name")
    phone = required(world.endpoints.get(name), f"Unable to retrieve endpoint {name}")
    own = {
        "ObjectName": name,
        "Aors": name,
        "Context": "from-trunk" if name == "trunk" else "internal",
        "Callerid": caller_id(phone.number, phone.person) or "<unknown>",
        "DeviceState": _device_words(world, phone),
        "ActiveChannels": str(len(phone.channels)),
        "Allow": "(alaw|ulaw)",
    }
    contact = (
        ("AOR", name),
        ("URI", phone.uri),
        ("UserAgent", phone.user_agent),
        ("RegExpire", "0"),
        ("Status", "Reachable" if phone.reachable else "Unreachable"),
        ("RoundtripUsec", str(phone.round_trip) if phone.reachable else "N/A"),
        ("EndpointName", name),
        ("ID", f"{name}@@{_id(phone)}"),
        ("AuthenticateQualify", "0"),
        ("OutboundProxy", ""),
        ("Path", ""),
        ("QualifyFrequency", "60"),
        ("QualifyTimeout", "3.000"),
        ("Qualify2xxOnly", "0"),
    )
    counts = (("TotalContacts", "1"), ("ContactsRegistered", str(int(phone.reachable))), ("EndpointName", name))
    items: list[Item] = [
        ("EndpointDetail", _object("EndpointDetail", _settings() | own)),
        ("AorDetail", (*_aor(phone), *counts)),
        ("ContactStatusDetail", contact),
    ]
    message = "Following are Events for each object associated with the Endpoint"
    return listing(request, message, items, "EndpointDetailComplete")


def _devices(world: World, request: Request) -> list[Message]:
    items = [
        ("DeviceStateChange", (("Device", device), ("State", state))) for device, state in world.device_states.items()
    ]
    return listing(request, "Device State Changes will follow", items, "DeviceStateListComplete")


def _extensions(world: World, request: Request) -> list[Message]:
    items = [("ExtensionStatus", extension_pairs(world, exten)) for exten in world.hints]
    return listing(request, "Extension Statuses will follow", items, "ExtensionStateListComplete")


def _extension(world: World, request: Request) -> list[Message]:
    exten = required(request.get("Exten"), "Extension not specified")
    context = request.get("Context") or "default"
    pairs = dict(extension_pairs(world, exten if context == "hints" else ""))
    pairs |= {"Exten": exten, "Context": context}
    return success(request, "Extension Status", *pairs.items())


ACTIONS = {
    "pjsipshowendpoints": _endpoints,
    "pjsipshowendpoint": _endpoint,
    "pjsipshowcontacts": _contacts,
    "pjsipshowaors": _aors,
    "devicestatelist": _devices,
    "extensionstatelist": _extensions,
    "extensionstate": _extension,
}
