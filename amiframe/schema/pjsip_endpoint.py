"""PJSIP endpoints: the settings that PJSIPShowEndpoint lists.

Source: EndpointDetail of Asterisk 16.28 and 22.10.
"""

from __future__ import annotations

from amiframe.schema.field import read_table

ENDPOINT = read_table("""
ActionID                        str  -        opt      the id that the client sent with the action
ObjectType                      str  -        -        kind of the object
ObjectName                      str  -        -        name of the object
RpidImmediate                   bool -        -        connected party is told at once
Webrtc                          bool -        -        settings of WebRTC
Ignore183WithoutSdp             bool -        -        183 without media is ignored
SendAoc                         bool -        opt      advice of charge is sent
DeviceStateBusyAt               int  calls    -        calls from which the device is busy; 0 is never
T38UdptlMaxdatagram             int  bytes    -        limit of a T.38 packet; 0 is not set
CodecPrefsIncomingAnswer        str  -        opt      rule for codecs of answers that come in
SecurityNegotiation             str  -        opt      negotiation of security
DtlsRekey                       int  s        -        interval of new DTLS keys; 0 is never
RtpPortEnd                      str  -        opt      last port of media; 0 is the general setting
NamedPickupGroup                str  -        -        named pickup groups that it may pick up from
DirectMediaMethod               str  -        -        SIP method that starts direct media
SendRpid                        bool -        -        Remote-Party-ID header is sent
PickupGroup                     str  -        -        pickup groups that it may pick up from
SdpSession                      str  -        -        session name in the SDP
DtlsVerify                      str  -        -        what is verified of the other side's DTLS
MessageContext                  str  -        -        dialplan context of messages
Tenantid                        str  -        opt      tenant
Mailboxes                       str  -        -        mailboxes
RecordOnFeature                 str  -        -        feature that starts recording
DtlsPrivateKey                  str  -        -        key file of DTLS
DtlsFingerprint                 str  -        -        hash of the fingerprint of DTLS
OverlapContext                  str  -        opt      dialplan context of overlap dialling
OutgoingCallOfferPref           str  -        opt      order of codecs of offers that go out
RtpPortStart                    str  -        opt      first port of media; 0 is the general setting
FromDomain                      str  -        -        domain of the From header
TimersSessExpires               int  s        -        session timer
NamedCallGroup                  str  -        -        named pickup groups that its calls belong to
DtlsCipher                      str  -        -        ciphers of DTLS
MediaEncryptionOptimistic       bool -        -        encryption is used when the other side can
SuppressQ850ReasonHeaders       bool -        -        Q.850 reasons are not sent
Aors                            str  -        -        addresses of record of the endpoint
IdentifyBy                      str  -        -        how requests are matched with the endpoint
CalleridPrivacy                 str  -        -        presentation of the caller
MwiSubscribeReplacesUnsolicited bool -        -        a subscription ends unasked MWI
CosAudio                        int  -        -        class of service of audio
FollowEarlyMediaFork            bool -        -        early media follows a fork
Context                         str  -        -        dialplan context
RtpSymmetric                    bool -        -        media is sent where it comes from
Transport                       str  -        -        transport
MohSuggest                      str  -        -        music class that is suggested
T38Udptl                        bool -        -        T.38 fax is allowed
FaxDetect                       bool -        -        a fax tone is listened for
T38BindUdptlToMediaAddress      bool -        -        fax is bound to the media address
TosVideo                        int  -        -        type of service of video
SrtpTag32                       bool -        -        short authentication tag of SRTP
ReferBlindProgress              bool -        -        progress of a blind transfer is told
MaxAudioStreams                 int  streams  -        limit of audio streams
Bundle                          bool -        -        media streams share one transport
UseAvpf                         bool -        -        AVPF is used
CallGroup                       str  -        -        pickup groups that its calls belong to
SendConnectedLine               bool -        -        connected party is told
FaxDetectTimeout                int  s        -        how long a fax tone is listened for; 0 is always
SdpOwner                        str  -        -        owner in the SDP
ForceRport                      bool -        -        answers go to the port that the request came from
CalleridTag                     str  -        -        tag of the caller
RtpTimeoutHold                  int  s        -        the same while on hold; 0 is never
SuppressMohOnSendonly           bool -        opt      no music for a sendonly stream
UsePtime                        bool -        -        packet time that was asked for is used
MediaAddress                    str  -        -        address of media
VoicemailExtension              str  -        -        extension of the voice mail
RtpTimeout                      int  s        -        silence of media after which to hang up; 0 is never
StirShaken                      str  -        -        use of STIR/SHAKEN
SetVar                          str  -        -        channel variables that are set
ContactAcl                      str  -        -        access lists for registered contacts
PreferredCodecOnly              bool -        -        only one codec is answered
GeolocOutgoingCallProfile       str  -        -        location profile of calls that go out
ForceAvp                        bool -        -        AVP is offered in spite of encryption
RecordOffFeature                str  -        -        feature that stops recording
FromUser                        str  -        -        user of the From header
SendDiversion                   bool -        -        Diversion header is sent
SendHistoryInfo                 bool -        -        History-Info header is sent
T38UdptlIpv6                    bool -        -        T.38 uses IPv6
ToneZone                        str  -        -        tones of which country
Language                        str  -        -        language of the prompts
AllowSubscribe                  bool -        -        subscriptions are allowed
RtpIpv6                         bool -        -        media uses IPv6
Callerid                        str  -        -        caller's name and number as one text
MohPassthrough                  bool -        -        hold is passed on to the other side
CosVideo                        int  -        -        class of service of video
DtlsAutoGenerateCert            bool -        -        certificate is made by the server
AsymmetricRtpCodec              bool -        -        sent and received codecs may differ
GeolocIncomingCallProfile       str  -        -        location profile of calls that come in
IceSupport                      bool -        -        ICE is used
AggregateMwi                    bool -        -        mailboxes are told in one notification
OneTouchRecording               bool -        -        recording by one key is allowed
MwiFromUser                     str  -        -        user of the From header of MWI
RedirectMethod                  str  -        opt      who follows a redirect
Accountcode                     str  -        -        account code
CodecPrefsOutgoingAnswer        str  -        opt      rule for codecs of answers that go out
Allow                           str  -        -        codecs that may be used
RewriteContact                  bool -        -        contact is set to where requests come from
UserEqPhone                     bool -        -        user=phone is added
RtpEngine                       str  -        -        module that carries media
FollowRedirectMethods           str  -        opt      SIP methods whose redirects are followed
SubscribeContext                str  -        -        dialplan context of subscriptions
NotifyEarlyInuseRinging         bool -        -        ringing is told for devices in use
IncomingMwiMailbox              str  -        -        mailbox that the other side's MWI sets
IncomingCallOfferPref           str  -        opt      order of codecs of offers that come in
AllowUnauthenticatedOptions     bool -        -        OPTIONS is answered without a login
Auth                            str  -        -        login objects for what comes in
DirectMediaGlareMitigation      str  -        -        which side may start direct media
TrustIdInbound                  bool -        -        the other side's identity is believed
StirShakenProfile               str  -        -        profile of STIR/SHAKEN
BindRtpToMediaAddress           bool -        -        media is bound to the media address
DisableDirectMediaOnNat         bool -        -        no direct media behind NAT
MediaEncryption                 str  -        -        encryption of media
MediaUseReceivedTransport       bool -        -        answers use the transport profile of the offer
AllowOverlap                    bool -        -        overlap dialling is allowed
DtmfMode                        str  -        -        how keys are sent
OutboundAuth                    str  -        -        login objects for what goes out
TosAudio                        int  -        -        type of service of audio
DtlsCertFile                    str  -        -        certificate file of DTLS
DtlsCaPath                      str  -        -        directory of trusted authorities of DTLS
DtlsSetup                       str  -        -        role in the DTLS handshake
ConnectedLineMethod             str  -        -        SIP method that tells the connected party
G726NonStandard                 bool -        -        other packing of G.726
100rel                          str  -        -        use of reliable provisional answers
Timers                          str  -        -        use of session timers
DirectMedia                     bool -        -        media may go past the server
Acl                             str  -        -        access lists of the endpoint
TimersMinSe                     int  s        -        shortest session timer
TrustIdOutbound                 bool -        -        private identities are told
SubMinExpiry                    int  s        -        shortest lifetime of a subscription
RtcpMux                         bool -        -        RTCP shares the port of RTP
MaxVideoStreams                 int  streams  -        limit of video streams
AcceptMultipleSdpAnswers        bool -        -        a second differing answer is taken
CodecPrefsIncomingOffer         str  -        opt      rule for codecs of offers that come in
CodecPrefsOutgoingOffer         str  -        opt      rule for codecs of offers that go out
TrustConnectedLine              bool -        -        the other side's connected party is believed
SendPai                         bool -        -        P-Asserted-Identity header is sent
RtpKeepalive                    int  s        -        interval of packets that keep media alive; 0 is none
T38UdptlEc                      str  -        -        error correction of T.38
T38UdptlNat                     bool -        -        T.38 is sent where it comes from
AllowTransfer                   bool -        -        transfers by REFER are allowed
DtlsCaFile                      str  -        -        file of trusted authorities of DTLS
OutboundProxy                   str  -        -        proxy of what goes out
InbandProgress                  bool -        -        ringing is sent as audio
DeviceState                     str  -        -        state of the device in words
ActiveChannels                  int  channels volatile channels in use
Disallow                        str  -        opt      codecs that may not be used
""")
