# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each kind of NAT is what it is called: mapping, filtering, hairpin."""

import pytest
from nats import KINDS, Nat
from probes import Servers, mapped, reaches, say, through, heard

BEHIND = [k for k in KINDS if k != "none"]


@pytest.mark.parametrize("kind", KINDS)
def test_mapping_and_filtering(lab, kind):
    servers = Servers(lab)
    site = lab.site("a", nat=kind)
    host = site.host()
    want = KINDS[kind]
    one = host.udp()
    assert servers.mapping(one) == want.mapping
    # Another socket: the first has talked to all of them.
    assert servers.filtering(host.udp()) == want.filtering
    _, port = one.getsockname()
    seen = mapped(one, servers.sockets[0], servers.at[0])
    assert seen[0] == host.public_ip
    assert (seen[1] == port) == (want.mapping == "endpoint")


@pytest.mark.parametrize("kind", KINDS)
def test_hairpin(lab, kind):
    """Two hosts of a site by their public endpoints, each of which has
    sent to the other's."""
    servers = Servers(lab)
    site = lab.site("a", nat=kind)
    one, two = site.host().udp(), site.host().udp()
    server, at = servers.sockets[0], servers.at[0]
    of_one, of_two = (mapped(s, server, at) for s in (one, two))
    reaches(two, of_one, one, (server, at, of_one))
    seen = reaches(one, of_two, two, (server, at, of_two))
    assert (seen == of_one) if KINDS[kind].hairpin else (seen is None)


@pytest.mark.parametrize("kind", BEHIND)
def test_strangers_and_replies_by_tcp(lab, kind):
    """Connections from inside work; from outside where the kind says so."""
    server = lab.host("server")
    host = lab.site("a", nat=kind).host()
    listener = server.tcp()
    listener.listen()
    out = host.tcp()
    out.connect((server.ip, listener.getsockname()[1]))
    there, who = listener.accept()
    assert who[0] == host.public_ip
    there.sendall(b"answer")
    assert out.recv(10) == b"answer"
    there.close()
    # From outside to where somebody listens.
    inner = host.tcp(out.getsockname()[1])
    inner.listen()
    stranger = lab.host("stranger").tcp(
        seconds=5 if KINDS[kind].filtering == "endpoint" else 0.5)
    if KINDS[kind].filtering == "endpoint":
        stranger.connect(who)
        inner.accept()[0].close()
    else:
        with pytest.raises((TimeoutError, ConnectionError)):
            stranger.connect(who)


@pytest.mark.parametrize("strangers, error", [
    ("drop", TimeoutError), ("reject", ConnectionRefusedError)])
def test_how_strangers_are_answered(lab, strangers, error):
    server = lab.host("server")
    site = lab.site("a", strangers=strangers)
    one = server.tcp(seconds=0.5)
    with pytest.raises(error):
        one.connect((site.address, 4000))


def test_two_hosts_with_one_port(lab):
    """The second gets another port outside, and each its own answers."""
    servers = Servers(lab)
    site = lab.site("a")
    one, two = site.host().udp(4000), site.host().udp(4000)
    server, at = servers.sockets[0], servers.at[0]
    of_one, of_two = (mapped(s, server, at) for s in (one, two))
    assert of_one == (site.address, 4000)
    assert of_two[0] == site.address and of_two[1] != 4000
    for outer, inner in ((of_one, one), (of_two, two)):
        assert through(inner, server, at, outer) == [b"last0", b"last1",
                                                     b"last2"]


def test_sites_with_the_same_addresses_inside(lab):
    """As with routers that people buy."""
    hosts = [lab.site(name, subnet="192.168.1").host() for name in "ab"]
    assert hosts[0].ip == hosts[1].ip
    assert hosts[0].public_ip != hosts[1].public_ip
    server = lab.host("server")
    one = server.udp()
    at = (server.ip, one.getsockname()[1])
    for host in hosts:
        say(host.udp(), at, host.name.encode())
        assert heard(one)[0] == host.name.encode()


@pytest.mark.parametrize("mapping", ["endpoint", "address", "port"])
@pytest.mark.parametrize("filtering", ["endpoint", "address", "port"])
def test_any_other_kind(lab, mapping, filtering):
    """Of the program: mapping and filtering do not hang on each other."""
    servers = Servers(lab)
    host = lab.site("a", nat=Nat(mapping, filtering, by="program")).host()
    assert servers.mapping(host.udp()) == mapping
    assert servers.filtering(host.udp()) == filtering


def test_a_mapping_ends(lab):
    """What was not used for so long is not open any more, and the socket gets
    another one."""
    servers = Servers(lab)
    host = lab.site("a", nat="full-cone", udp_idle_s=0.2).host()
    one = host.udp(seconds=0.4)
    server, at = servers.sockets[0], servers.at[0]
    outer = mapped(one, server, at)
    say(server, outer, b"in time")
    assert heard(one)[0] == b"in time"
    with pytest.raises(TimeoutError):
        heard(one)
    say(server, outer, b"late")
    with pytest.raises(TimeoutError):
        heard(one)
    assert mapped(one, server, at) == outer


def test_errors_come_back(lab):
    """A NAT of the program hands on what routers say of a packet."""
    server = lab.host("server")
    one = lab.site("a", nat="full-cone").host().udp()
    one.connect((server.ip, 4000))
    one.send(b"x")
    with pytest.raises(ConnectionRefusedError):
        one.recv(10)
