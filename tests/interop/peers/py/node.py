# SPDX-License-Identifier: MIT OR Apache-2.0
"""The host, its pubsub, and what their events become on stdout."""

import base64
import contextlib
import os
import ssl

import trio
from libp2p import new_host
from libp2p.abc import INotifee
from libp2p.rcmgr import Direction
from libp2p.crypto.ed25519 import create_new_key_pair as new_ed25519
from libp2p.crypto.keys import KeyPair
from libp2p.crypto.rsa import create_new_key_pair as new_rsa
from libp2p.crypto.secp256k1 import create_new_key_pair as new_secp256k1
from libp2p.crypto.serialization import deserialize_private_key
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519
from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify.identify import parse_identify_response
from libp2p.identity.identify_push.identify_push import ID_PUSH
from libp2p.identity.identify_push.identify_push import (
    identify_push_handler_for, push_identify_to_peers)
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.security.tls.transport import PROTOCOL_ID as TLS
from libp2p.security.tls.transport import TLSTransport
from libp2p.stream_muxer.mplex.mplex import MPLEX_PROTOCOL_ID, Mplex
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

import output
import streams

SHOWN_BYTES = 512
MESHSUB = ["/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"]
MUXERS = {"yamux": {YAMUX: Yamux}, "mplex": {MPLEX_PROTOCOL_ID: Mplex},
          "both": {YAMUX: Yamux, MPLEX_PROTOCOL_ID: Mplex}}


def flood_data(i, size):
    return f"flood {i} ".ljust(size, "x")[:size].encode()


def identity(flags):
    """Makes, loads or derives the key pair that the flags ask for."""
    if flags.key_file and os.path.exists(flags.key_file):
        with open(flags.key_file, "rb") as file:
            key = deserialize_private_key(file.read())
        return KeyPair(key, key.get_public_key())
    kinds = {"ed25519": new_ed25519, "secp256k1": new_secp256k1,
             "rsa": new_rsa}
    if flags.key not in kinds:
        raise ValueError(f"py-libp2p has no {flags.key} peer ids")
    seeded = flags.key == "ed25519" and flags.seed is not None
    pair = new_ed25519(flags.seed.to_bytes(32, "little")) if seeded \
        else kinds[flags.key]()
    if flags.key_file:
        with open(flags.key_file, "wb") as file:
            file.write(pair.private_key.serialize())
    return pair


def securities(flags, keys):
    made = {"noise": lambda: (NOISE, Noise(keys, new_x25519().private_key)),
            "tls": lambda: (TLS, TLSTransport(keys))}
    return dict(made[name]() for name in flags.security.split(","))


def psk_of(flags):
    """The hexadecimal key that a swarm.key file ends with."""
    if not flags.psk:
        return None
    with open(flags.psk, encoding="ascii") as file:
        return file.read().split()[2]


def web(flags):
    """The server's certificate, and whom a client trusts besides."""
    contexts = {}
    if flags.tls_cert:
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(flags.tls_cert, flags.tls_key)
        contexts["tls_server_config"] = server
    if flags.tls_ca:
        contexts["tls_client_config"] = ssl.create_default_context(
            cafile=flags.tls_ca)
    return contexts


def transports(flags):
    """Who listens has the transports that he listens on, for dials too."""
    free = not flags.listen
    return {"enable_quic": free and not flags.psk, "enable_websocket": free}


def key_id(msg):
    """What js computes: the public key, then the number."""
    key = msg.key or (msg.from_id[2:] if msg.from_id[:1] == b"\0"
                      else msg.from_id)
    return key + msg.seqno


class Watch(INotifee):
    """What the network tells, passed on to the node."""

    def __init__(self, node):
        self.node = node

    async def connected(self, network, conn):
        self.node.connected(conn)

    async def disconnected(self, network, conn):
        self.node.disconnected(network, conn)

    async def nothing(self, network, what):
        pass

    opened_stream = closed_stream = listen = listen_close = nothing


class Node:
    """One host, with what the line protocol asks of it."""

    def __init__(self, flags):
        self.flags, keys = flags, identity(flags)
        self.listen = [Multiaddr(ma) for ma in flags.listen]
        self.host = new_host(
            key_pair=keys, sec_opt=securities(flags, keys),
            muxer_opt=MUXERS[flags.muxer], psk=psk_of(flags),
            listen_addrs=self.listen or None,
            disable_identify_address_discovery=True, **web(flags),
            **transports(flags))
        # A test peer has no limits of its own: tests count ours.
        self.host.get_network().set_resource_manager(None)
        router = GossipSub(
            MESHSUB, degree=6, degree_low=5, degree_high=12,
            heartbeat_interval=1, adaptive_gossip_enabled=False,
            spam_protection_enabled=False, eclipse_protection_enabled=False)
        more = {"msg_id_constructor": key_id} if flags.msgid == "key" else {}
        self.router = router
        self.pubsub = Pubsub(self.host, router,
                             strict_signing=flags.sign == "strict", **more)
        self.nursery, self.readers, self.via = None, {}, {}
        self.counts = dict.fromkeys(
            ("conns_in", "conns_out", "conns_closed", "published",
             "messages", "message_bytes"), 0)

    @property
    def id(self):
        return self.host.get_id().to_string()

    @contextlib.asynccontextmanager
    async def running(self):
        async with self.host.run(self.listen), \
                background_trio_service(self.pubsub), \
                background_trio_service(self.router), \
                trio.open_nursery() as self.nursery:
            self.host.get_network().register_notifee(Watch(self))
            self.host.set_stream_handler(streams.ECHO, streams.serve_echo)
            self.host.set_stream_handler(streams.PERF, streams.serve_perf)
            self.host.set_stream_handler(ID_PUSH, self.pushed)
            await self.pubsub.wait_until_ready()
            for topic in self.flags.topic:
                await self.subscribe(topic)
            yield

    async def hang_up(self):
        for peer in self.host.get_connected_peers():
            await self.host.disconnect(peer)

    def addrs(self):
        """Its own list has each address twice if it listens on one."""
        tail = f"/p2p/{self.id}"
        found = [str(a).removesuffix(tail) for a in self.host.get_addrs()]
        return [a + tail for a in dict.fromkeys(found)]

    def conn_to(self, peer):
        found = self.host.get_network().get_connections(peer)
        if not found:
            raise LookupError("not connected")
        return found[0]

    def peers(self):
        return {"peers": [p.to_string()
                          for p in self.host.get_connected_peers()],
                "conns": len(self.host.get_network().get_connections())}

    def describe(self, conn):
        """What a connection is; what py does not tell is null."""
        family = conn.get_transport_family()
        addrs = conn.get_transport_addresses()
        short = (None if p is None or family == "quic-v1"
                 else p.split("/")[1] for p in (
                     conn.get_negotiated_security_protocol(),
                     conn.get_negotiated_muxer_protocol()))
        security, muxer = short
        inbound = conn.direction == Direction.INBOUND
        return {"peer": conn.muxed_conn.peer_id.to_string(),
                "addr": str(addrs[0]) if addrs else None,
                "dir": "in" if inbound else "out",
                "security": security, "muxer": muxer,
                "transport": {"unknown": None, "udp": "quic-v1"}.get(
                    family, family),
                "early_mux": None, "limited": False}

    # -- what the network tells

    def connected(self, conn):
        said = self.describe(conn)
        self.counts[f"conns_{said['dir']}"] += 1
        output.event({"type": "connected", **said})
        self.nursery.start_soon(self.introduce, conn.muxed_conn.peer_id)

    def disconnected(self, network, conn):
        peer = conn.muxed_conn.peer_id
        self.counts["conns_closed"] += 1
        left = [c for c in network.get_connections(peer) if c is not conn]
        if not left:
            output.event({"type": "disconnected", "peer": peer.to_string()})

    async def introduce(self, peer):
        try:
            output.event({"type": "identify", **await self.identify(peer)})
        except Exception as err:
            output.event({"type": "identify-failed", "peer": peer.to_string(),
                          "error": f"{type(err).__name__}: {err}"})

    async def pushed(self, stream):
        """What a peer pushes later is another identify event."""
        peer = stream.muxed_conn.peer_id
        await identify_push_handler_for(self.host)(stream)
        names = self.host.get_peerstore().get_protocols(peer)
        output.event({"type": "identify", "push": True,
                      "peer": peer.to_string(), "protocols": list(names)})

    async def handle(self, protocol):
        """Its host tells nobody of a new handler by itself."""
        self.host.set_stream_handler(protocol, streams.serve_echo)
        await push_identify_to_peers(self.host)
        return {}

    async def identify(self, peer):
        with trio.fail_after(streams.SECONDS):
            stream = await self.host.new_stream(peer, [IDENTIFY])
            data = b""
            while more := await streams.read(stream):
                data += more
            await stream.close()
        said = parse_identify_response(data)
        return {"peer": peer.to_string(), "agent": said.agent_version,
                "protocol_version": said.protocol_version,
                "protocols": list(said.protocols),
                "addrs": [str(Multiaddr(a)) for a in said.listen_addrs],
                "observed": str(Multiaddr(said.observed_addr)),
                "signed_record": bool(said.signedPeerRecord)}

    # -- pubsub

    async def subscribe(self, topic):
        self.pubsub.set_topic_validator(topic, self.heard_from, False)
        subscription = await self.pubsub.subscribe(topic)
        scope = trio.CancelScope()
        self.readers[topic] = scope
        self.nursery.start_soon(self.read, subscription, topic, scope)
        return {}

    async def unsubscribe(self, topic):
        self.readers.pop(topic).cancel()
        await self.pubsub.unsubscribe(topic)
        return {}

    async def publish(self, topic, data):
        await self.pubsub.publish(topic, data)
        self.counts["published"] += 1
        return {}

    async def read(self, subscription, topic, scope):
        with scope:
            while True:
                msg = await subscription.get()
                if msg.from_id != self.host.get_id().to_bytes():
                    self.received(topic, msg)

    def heard_from(self, forwarder, msg):
        """A validator knows who passed a message on; its reader does not."""
        self.via[msg.from_id, msg.seqno] = forwarder.to_string()
        return True

    def received(self, topic, msg):
        self.counts["messages"] += 1
        self.counts["message_bytes"] += len(msg.data)
        shown = msg.data[:SHOWN_BYTES]
        try:
            data = {"data": shown.decode()}
        except UnicodeDecodeError:
            data = {"data_b64": base64.b64encode(shown).decode()}
        number = int.from_bytes(msg.seqno, "big") if msg.seqno else None
        output.event({
            "type": "msg", "topic": topic, "seqno": number,
            "from": ID(msg.from_id).to_string() if msg.from_id else None,
            "via": self.via.pop((msg.from_id, msg.seqno), None),
            "size": len(msg.data), **data})

    def mesh(self, topic):
        mesh = self.router.mesh.get(topic, ())
        peers = self.pubsub.peer_topics.get(topic, ())
        return {"topic": topic, "mesh": [p.to_string() for p in mesh],
                "peers": [p.to_string() for p in peers]}
