"""SIP and IAX: states of contacts, peers and registrations, and the items of the PJSIP and peer lists.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
PeerEntry and RegistryEntry are as published logs show them. PeerStatus and Registry have a ``Cause`` in words; it is
left out here so that ``Cause`` stays, where all events meet, the number that it is everywhere else.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_table, read_tables
from amiframe.schema.pjsip_endpoint import ENDPOINT

_AOR = read_table("""
ObjectType          str   -        -   kind of the object
ObjectName          str   -        -   name of the object
MinimumExpiration   int   s        -   shortest lifetime of a registration
DefaultExpiration   int   s        -   lifetime of a registration that asks for none
QualifyTimeout      float s        -   how long an answer may take
Qualify2xxOnly      bool  -        opt only a 2xx answer counts as reachable
Mailboxes           str   -        -   mailboxes
SupportPath         bool  -        -   Path header is supported
RemoveUnavailable   bool  -        -   unreachable contacts are replaced first
VoicemailExtension  str   -        -   extension of the voice mail
MaxContacts         int   contacts -   limit of contacts
AuthenticateQualify bool  -        -   qualify requests are authenticated
Contacts            str   -        -   contacts, each as record and address
MaximumExpiration   int   s        -   longest lifetime of a registration
QualifyFrequency    int   s        -   interval of qualify requests; 0 is never
RemoveExisting      bool  -        -   a new registration replaces an old one
OutboundProxy       str   -        -   proxy of what goes out
""")

_AUTH = read_table("""
ObjectType             str - -   kind of the object
ObjectName             str - -   name of the object
OauthSecret            str - opt secret of OAuth
PasswordDigest         str - opt hashes of the password
SupportedAlgorithmsUas str - opt hashes that it accepts as a server
RefreshToken           str - opt refresh token of OAuth
Username               str - -   user name of the login
Md5Cred                str - -   hash of the login
Realm                  str - -   realm of the login
AuthType               str - -   kind of login
Password               str - -   password
SupportedAlgorithmsUac str - opt hashes that it uses as a client
NonceLifetime          int s -   lifetime of a challenge
OauthClientid          str - opt client id of OAuth
""")

TABLES = read_tables(
    """
[ContactStatus]
@event
URI           str -  -                 address of the contact
ContactStatus str -  -                 new state of the contact
AOR           str -  none=<none>       address of record
EndpointName  str -  -                 endpoint that this belongs to
RoundtripUsec int us volatile,none=N/A round trip of the last qualify request

[PeerStatus]
@event
ChannelType str -  - technology
Peer        str -  - name of the peer with its technology
PeerStatus  str -  - new state of the peer
Address     str -  - new address of the peer
Port        str -  - port
Time        int ms - time that the peer took to answer

[Registry]
@event
ChannelType str - - technology
Username    str - - user name of the registration
Domain      str - - domain
Status      str - - outcome of the registration as a word

[SIPQualifyPeerDone]
@event
Peer str - - the other channel, or the peer

[PJSIPMaintenanceStatus]
@event
Endpoint str - - endpoint
Status   str - - state as a word

[EndpointList]
ActionID       str -        opt      the id that the client sent with the action
ObjectType     str -        -        kind of the object
ObjectName     str -        -        name of the object
Transport      str -        -        transport
Aor            str -        -        addresses of record of the endpoint
Auths          str -        -        login objects for what comes in
OutboundAuths  str -        -        login objects for what goes out
Contacts       str -        -        contacts, each as record and address
DeviceState    str -        -        state of the device in words
ActiveChannels int channels volatile channels in use

[EndpointDetail]
@endpoint

[AorDetail]
ActionID           str -        opt the id that the client sent with the action
@aor
TotalContacts      int contacts -   contacts of the record
ContactsRegistered int contacts -   contacts that registered themselves
EndpointName       str -        -   endpoint that this belongs to

[AorList]
ActionID str - opt the id that the client sent with the action
@aor

[InboundRegistrationDetail]
ActionID str - opt the id that the client sent with the action
@aor
Contact  str - -   contacts, each as record and address

[AuthDetail]
ActionID     str - opt the id that the client sent with the action
@auth
EndpointName str - opt endpoint that this belongs to

[AuthList]
ActionID str - opt the id that the client sent with the action
@auth

[TransportDetail]
ActionID                 str  -  opt the id that the client sent with the action
ObjectType               str  -  -   kind of the object
ObjectName               str  -  -   name of the object
Protocol                 str  -  -   protocol of the transport
Bind                     str  -  -   address and port that are listened on
AsycOperations           int  -  -   parallel operations of the transport
CaListFile               str  -  -   file of trusted authorities
CaListPath               str  -  -   directory of trusted authorities
CertFile                 str  -  -   certificate file
PrivKeyFile              str  -  -   key file
Password                 str  -  -   password
ExternalSignalingAddress str  -  -   public address of signalling
ExternalSignalingPort    str  -  -   public port of signalling
ExternalMediaAddress     str  -  -   public address of media
Domain                   str  -  -   domain
VerifyServer             bool -  -   server's certificate is verified
VerifyClient             bool -  -   client's certificate is verified
RequireClientCert        bool -  -   a client must show a certificate
Method                   str  -  -   TLS method
Cipher                   str  -  -   ciphers of the transport
LocalNet                 str  -  -   networks that are behind no NAT
Tos                      str  -  -   type of service
Cos                      int  -  -   class of service
WebsocketWriteTimeout    int  ms -   how long a write may take
AllowReload              bool -  -   transport may be reloaded
AllowWildcardCerts       bool -  -   wildcard certificates are accepted
SymmetricTransport       bool -  -   answers use the transport of the request
TcpKeepaliveEnable       bool -  -   TCP keepalive is on
TcpKeepaliveIdleTime     int  s  -   idle time before TCP keepalive
TcpKeepaliveIntervalTime int  s  -   interval of TCP keepalive
TcpKeepaliveProbeCount   int  -  -   lost TCP keepalives that end the connection
EndpointName             str  -  -   endpoint that this belongs to

[ContactStatusDetail]
ActionID            str   -  opt               the id that the client sent with the action
AOR                 str   -  none=<none>       address of record
URI                 str   -  -                 address of the contact
UserAgent           str   -  -                 program of the other side
RegExpire           time  -  none=0            when the contact is no longer valid
Status              str   -  -                 state as a word
RoundtripUsec       int   us volatile,none=N/A round trip of the last qualify request
EndpointName        str   -  -                 endpoint that this belongs to
ID                  str   -  -                 id of the contact's record
AuthenticateQualify bool  -  -                 qualify requests are authenticated
OutboundProxy       str   -  -                 proxy of what goes out
Path                str   -  -                 path of the registration
QualifyFrequency    int   s  -                 interval of qualify requests; 0 is never
QualifyTimeout      float s  -                 how long an answer may take
Qualify2xxOnly      bool  -  opt               only a 2xx answer counts as reachable
ViaAddress          str   -  opt               address and port in the last Via header of the REGISTER
CallID              str   -  opt               Call-ID of the REGISTER request

[ContactList]
ActionID            str   -  opt               the id that the client sent with the action
ObjectType          str   -  -                 kind of the object
ObjectName          str   -  -                 name of the object
ViaAddr             str   -  opt               address in the last Via header of the REGISTER
ViaPort             str   -  opt               port in the last Via header of the REGISTER
QualifyTimeout      float s  -                 how long an answer may take
CallId              str   -  opt               Call-ID of the REGISTER request
RegServer           str   -  -                 server that took the registration
PruneOnBoot         bool  -  -                 contact is dropped at the next start
Path                str   -  -                 path of the registration
Endpoint            str   -  -                 endpoint
AuthenticateQualify bool  -  -                 qualify requests are authenticated
Uri                 str   -  -                 address of the contact
QualifyFrequency    int   s  -                 interval of qualify requests; 0 is never
UserAgent           str   -  -                 program of the other side
ExpirationTime      time  -  none=0            when the contact is no longer valid
OutboundProxy       str   -  -                 proxy of what goes out
Status              str   -  -                 state as a word
RoundtripUsec       int   us volatile,none=N/A round trip of the last qualify request
Qualify2xxOnly      bool  -  -                 only a 2xx answer counts as reachable

[IdentifyDetail]
ActionID        str  - opt the id that the client sent with the action
ObjectType      str  - -   kind of the object
ObjectName      str  - -   name of the object
Match           str  - -   addresses that belong to the endpoint
MatchRequestUri str  - opt request URI that belongs to the endpoint
SrvLookups      bool - -   SRV records are looked up
Endpoint        str  - -   endpoint
MatchHeader     str  - -   header that belongs to the endpoint
EndpointName    str  - -   endpoint that this belongs to

[OutboundRegistrationDetail]
ActionID               str  -       opt      the id that the client sent with the action
ObjectType             str  -       -        kind of the object
ObjectName             str  -       -        name of the object
MaxRetries             int  retries -        limit of attempts
ClientUri              str  -       -        own address that is registered
SecurityNegotiation    str  -       opt      negotiation of security
AuthRejectionPermanent bool -       -        a refused login ends the attempts
ServerUri              str  -       -        address that is registered with
MaxRandomInitialDelay  int  s       -        limit of the random delay of the first attempt
SupportPath            bool -       -        Path header is supported
RetryInterval          int  s       -        pause after a failure
ContactHeaderParams    str  -       opt      parameters of the Contact header
Expiration             int  s       -        lifetime of the registration
Transport              str  -       -        transport
Line                   bool -       -        a line parameter matches calls that come in
ContactUser            str  -       -        user part of the own Contact
Endpoint               str  -       -        endpoint
UserAgent              str  -       opt      program name that is sent
ForbiddenRetryInterval int  s       -        pause after a 403; 0 is no retry
OutboundAuth           str  -       -        login objects for what goes out
OutboundProxy          str  -       -        proxy of what goes out
FatalRetryInterval     int  s       -        pause after a fatal answer; 0 is no retry
SupportOutbound        bool -       opt      SIP outbound is advertised
Status                 str  -       -        state as a word
NextReg                int  s       volatile time until the next registration

[InboundSubscriptionDetail OutboundSubscriptionDetail]
ActionID         str - opt the id that the client sent with the action
Role             str - -   role in the subscription
Endpoint         str - -   endpoint
Callid           str - -   Call-ID of the subscription
State            str - -   state as a word
Callerid         str - -   caller's name and number as one text
SubscriptionType str - -   kind of the subscription
Extension        str - -   extension that is watched
ExtensionStates  str - -   states of the extension
Mailboxes        str - -   mailboxes

[ResourceListDetail]
ActionID                  str  -  opt the id that the client sent with the action
ObjectType                str  -  -   kind of the object
ObjectName                str  -  -   name of the object
FullState                 bool -  -   notifications hold the whole state
ListItem                  str  -  -   member of the resource list
NotificationBatchInterval int  ms -   how long notifications are collected
ResourceDisplayName       bool -  -   display names are told

[PeerEntry]
ActionID       str  - opt         the id that the client sent with the action
Channeltype    str  - -           technology
ObjectName     str  - -           name of the peer
ChanObjectType str  - -           kind of object, such as peer
IPaddress      str  - none=-none- address of the peer
IPport         str  - -           port of the peer
Dynamic        bool - -           peer registers its address
Status         str  - -           reachability in words
RealtimeDevice str  - -           whether the peer comes from a database

[RegistryEntry]
ActionID         str  - opt    the id that the client sent with the action
Host             str  - -      host that is registered with
Port             str  - -      port
Username         str  - -      user name of the registration
Domain           str  - -      domain
DomainPort       str  - -      port of the domain
Refresh          int  s -      interval of registrations
State            str  - -      state as a word
RegistrationTime time - none=0 when it registered last

[OutboundRegistrationDetailComplete]
ActionID      str -             opt the id that the client sent with the action
EventList     str -             -   end mark of the list
ListItems     int items         -   items of the list
Registered    int registrations -   registrations that stand
NotRegistered int registrations -   registrations that do not stand

[AorListComplete AuthListComplete ContactListComplete ContactStatusDetailComplete EndpointDetailComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[EndpointListComplete InboundRegistrationDetailComplete InboundSubscriptionDetailComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[OutboundSubscriptionDetailComplete PeerlistComplete RegistrationsComplete ResourceListDetailComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
""",
    {**BLOCKS, "endpoint": ENDPOINT, "aor": _AOR, "auth": _AUTH},
)
