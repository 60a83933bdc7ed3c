#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two hosts on one loop: the first dials the second, which sends back what it
gets. Prints the answer."""
import sys

from p2p import check, config, ffi, lib, owned

ECHO = ffi.new("char[]", b"/echo/1.0.0")
NAMES = ffi.new("char *[]", [ECHO])
said = []


@ffi.callback("void(void *, struct p2p_stream *, uint8_t *, size_t)")
def echo_data(_user, stream, data, length):
    check(lib.p2p_stream_send(stream, data, length))


@ffi.callback("void(void *, struct p2p_stream *)")
def echo_finished(_user, stream):
    lib.p2p_stream_finish(stream)


@ffi.callback("void(void *, struct p2p_stream *)")
def on_stream(user, stream):
    lib.p2p_stream_listen(stream, echo_events, user)


@ffi.callback("void(void *, struct p2p_stream *, uint8_t *, size_t)")
def answer_data(_user, _stream, data, length):
    said.append(bytes(ffi.buffer(data, length)))


@ffi.callback("void(void *, struct p2p_stream *, int)")
def answer_closed(_user, _stream, status):
    lib.p2p_loop_stop(loop)
    check(status)


@ffi.callback("void(void *, int, struct p2p_peer_id *)")
def on_dialed(_user, status, peer):
    if status < 0:
        lib.p2p_loop_stop(loop)
        check(status)
    stream = ffi.new("struct p2p_stream **")
    check(lib.p2p_stream_open(dialer, peer, NAMES, 1, answer_events,
                              ffi.NULL, stream))
    check(lib.p2p_stream_send(stream[0], b"hello from Python", 17))
    lib.p2p_stream_finish(stream[0])


def host_new():
    key = owned(lib.p2p_key_generate, lib.P2P_KEY_ED25519, kind="p2p_key",
                free=lib.p2p_key_free)
    cfg = config()
    cfg.key = key
    return key, owned(lib.p2p_host_new, loop, cfg, kind="p2p_host",
                      free=lib.p2p_host_free)


echo_events = ffi.new("struct p2p_stream_events *", {
    "data": echo_data, "finished": echo_finished})
answer_events = ffi.new("struct p2p_stream_events *", {
    "data": answer_data, "closed": answer_closed})
loop = owned(lib.p2p_loop_new, kind="p2p_loop", free=lib.p2p_loop_free)
key1, dialer = host_new()
key2, listener = host_new()
check(lib.p2p_host_listen(listener, b"/ip4/127.0.0.1/tcp/0"))
check(lib.p2p_host_handle(listener, ECHO, on_stream, ffi.NULL))
addr = ffi.new("struct p2p_multiaddr *")
lib.p2p_host_addrs(listener, addr, 1)
text = ffi.new("char[]", 2048)
check(lib.p2p_host_dial(dialer, lib.p2p_multiaddr_text(addr, text), on_dialed,
                        ffi.NULL))
lib.p2p_loop_run(loop)
for owned_one in (dialer, listener, loop, key1, key2):  # hosts before loops
    ffi.release(owned_one)
print(b"".join(said).decode())
sys.exit(not said)
