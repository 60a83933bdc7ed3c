# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lines have the delay, jitter, reordering, loss and bandwidth asked for."""

import time

from probes import heard, say


def sent(lab, count, size=1, **quality):
    """Numbers that come through a line of so many that were sent."""
    a = lab.host("a", **quality).udp(seconds=1)
    b = lab.host("b")
    there = b.udp(seconds=1)
    at = (b.ip, there.getsockname()[1])
    got = []
    for i in range(count):
        say(a, at, str(i).encode().ljust(size))
    try:
        while len(got) < count:
            got.append(int(heard(there)[0]))
    except TimeoutError:
        pass
    return got


def round_trips(lab, count, **quality):
    """Seconds that each takes."""
    a = lab.host("a", **quality)
    b = lab.host("b")
    here, there = a.udp(), b.udp()
    at = (b.ip, there.getsockname()[1])
    took = []
    for _ in range(count):
        start = time.monotonic()
        say(here, at)
        say(there, heard(there)[1])
        heard(here)
        took.append(time.monotonic() - start)
    return took


def test_delay_is_one_way(lab):
    took = round_trips(lab, 10, delay_ms=30)
    assert min(took) >= 0.060
    assert min(took) < 0.090


def test_no_line_is_slow_by_itself(lab):
    assert min(round_trips(lab, 20)) < 0.010


def test_jitter(lab):
    took = round_trips(lab, 30, delay_ms=5, jitter_ms=20)
    assert min(took) >= 0.010
    assert max(took) - min(took) > 0.005


def test_nothing_is_lost_and_all_is_in_order(lab):
    """A control of the two below."""
    assert sent(lab, 400, delay_ms=5, jitter_ms=5) == list(range(400))


def test_reordering(lab):
    got = sent(lab, 400, delay_ms=50, reorder=20)
    assert sorted(got) == list(range(400))
    early = [n for i, n in enumerate(got) if n > i]
    assert len(early) > 20


def test_loss(lab):
    """Of a thousand; two in ten, give or take five times what is usual."""
    got = sent(lab, 1000, loss=20, seed=7)
    assert got == sorted(got)
    assert 737 <= len(got) <= 863


def test_bandwidth(lab):
    """64 KB at 1 Mbit/s; a burst of 16 KB is not waited for."""
    a = lab.host("a", rate_kbit=1000).tcp()
    b = lab.host("b")
    listener = b.tcp()
    listener.listen()
    a.connect((b.ip, listener.getsockname()[1]))
    there, _ = listener.accept()
    start = time.monotonic()
    a.sendall(bytes(65536))
    left = 65536
    while left > 0:
        left -= len(there.recv(left))
    there.close()
    assert 0.35 < time.monotonic() - start < 5


def test_a_line_of_a_site_with_a_nat_of_linux(lab):
    """Both: the router's rules, and a slow line behind it."""
    server = lab.host("server")
    host = lab.site("a", nat="symmetric", delay_ms=10).host()
    there = server.udp()
    here = host.udp()
    start = time.monotonic()
    say(here, (server.ip, there.getsockname()[1]))
    _, who = heard(there)
    assert who[0] == host.public_ip and who[1] != here.getsockname()[1]
    say(there, who)
    heard(here)
    assert time.monotonic() - start >= 0.020
