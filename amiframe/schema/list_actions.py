"""Actions that answer with a list: which items they send, and which errors only say that the list is empty.

Source: the list actions of Asterisk 16.28 and 22.10, captured with and without items; a name that is not here
works too, its items are then read from the answer alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListAction:
    """One list action.

    Parameters
    ----------
    action : str
        The action's name.
    items : tuple of str
        Event names of its items, in the order in which the server sends the kinds.
    complete : str
        Event name of the end of the list.
    counted : tuple of str
        The items that ``ListItems`` counts; default all.
    empty : frozenset of str
        ``Message`` of an Error that means "nothing to list".
    """

    action: str
    items: tuple[str, ...]
    complete: str
    counted: tuple[str, ...] = ()
    empty: frozenset[str] = frozenset()

    @property
    def mixed(self) -> bool:
        """Whether the list holds items of several kinds."""
        return len(self.items) > 1


def _table(text: str) -> dict[str, ListAction]:
    actions = {}
    for line in text.strip().splitlines():
        action, items, complete, *notes = (cell.strip() for cell in line.split("|"))
        counted = [note[8:] for note in notes if note.startswith("counted ")]
        empty = frozenset(note[6:] for note in notes if note.startswith("empty "))
        names = tuple(items.split())
        actions[action.lower()] = ListAction(action, names, complete, tuple(counted) or names, empty)
    return actions


# action | items | end of the list | notes: "empty TEXT" an Error for no items, "counted ITEM" what ListItems counts
LISTS = _table("""
Agents | Agents | AgentsComplete
BridgeInfo | BridgeInfoChannel | BridgeInfoComplete
BridgeList | BridgeListItem | BridgeListComplete
BridgeTechnologyList | BridgeTechnologyListItem | BridgeTechnologyListComplete
ConfbridgeList | ConfbridgeList | ConfbridgeListComplete | empty No active conferences.
ConfbridgeListRooms | ConfbridgeListRooms | ConfbridgeListRoomsComplete | empty No active conferences.
CoreShowChannelMap | CoreShowChannelMap | CoreShowChannelMapComplete
CoreShowChannels | CoreShowChannel | CoreShowChannelsComplete
DBGet | DBGetResponse | DBGetComplete
DBGetTree | DBGetTreeResponse | DBGetTreeComplete
DeviceStateList | DeviceStateChange | DeviceStateListComplete
ExtensionStateList | ExtensionStatus | ExtensionStateListComplete
FAXSessions | FAXSessionsEntry | FAXSessionsComplete
IAXpeerlist | PeerEntry | PeerlistComplete
IAXpeers | PeerEntry | PeerlistComplete
IAXregistry | RegistryEntry | RegistrationsComplete
ParkedCalls | ParkedCall | ParkedCallsComplete
Parkinglots | Parkinglot | ParkinglotsComplete
PJSIPShowAors | AorList | AorListComplete
PJSIPShowAuths | AuthList | AuthListComplete
PJSIPShowContacts | ContactList | ContactListComplete | empty No Contacts found
PJSIPShowEndpoint | EndpointDetail AorDetail AuthDetail TransportDetail ContactStatusDetail IdentifyDetail | EndpointDetailComplete
PJSIPShowEndpoints | EndpointList | EndpointListComplete
PJSIPShowRegistrationInboundContactStatuses | ContactStatusDetail | ContactStatusDetailComplete
PJSIPShowRegistrationsInbound | InboundRegistrationDetail | InboundRegistrationDetailComplete
PJSIPShowRegistrationsOutbound | OutboundRegistrationDetail AuthDetail | OutboundRegistrationDetailComplete | counted OutboundRegistrationDetail
PJSIPShowResourceLists | ResourceListDetail | ResourceListDetailComplete | empty No resource lists found
PJSIPShowSubscriptionsInbound | InboundSubscriptionDetail | InboundSubscriptionDetailComplete
PJSIPShowSubscriptionsOutbound | OutboundSubscriptionDetail | OutboundSubscriptionDetailComplete
PresenceStateList | PresenceStateChange | PresenceStateListComplete
QueueStatus | QueueParams QueueMember QueueEntry | QueueStatusComplete
QueueSummary | QueueSummary | QueueSummaryComplete
ShowDialPlan | ListDialplan | ShowDialPlanComplete
SIPpeers | PeerEntry | PeerlistComplete
SIPshowregistry | RegistryEntry | RegistrationsComplete
Status | Status | StatusComplete | empty No such channel
""")  # noqa: E501

BY_END = {entry.complete: entry for entry in LISTS.values()}
"""List action by the event that ends it: what a saved answer without items still says of itself."""
