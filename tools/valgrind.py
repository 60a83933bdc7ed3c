#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: valgrind.py BUILDDIR [all|slice|NAME…]

Unit tests of the library under memcheck: nothing that was never written is
looked at, and nothing definitely leaks. `slice` takes today's part of those
that are quick, in turn by day; two run at a time. Before that two peers talk
over real sockets, by every transport, and what the kernel is given was written
(T25); and a program that looks at what it never wrote must be found out.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../tests/interop/lib'))
import peer  # noqa: E402

FOLDERS = ('base', 'chan', 'crypto', 'gossip', 'ident', 'mux', 'portmap',
           'proto', 'quic', 'stack', 'tls', 'uv', 'wire', 'ws')
SLICES = 12
TIMEOUT = 1800
FOUND = 99
MEMCHECK = ['valgrind', '-q', f'--error-exitcode={FOUND}', '--leak-check=full',
            '--errors-for-leak-kinds=definite', '--show-leak-kinds=definite',
            '--num-callers=25']
CONTROL = 'int main(int n, char **v) { char c[9]; return c[n] ? v == 0 : 0; }'
# Take longer than some 10 s under it: they have their turn with `all`.
SLOW = ('chan/noise', 'chan/noise_xx', 'chan/pnet', 'crypto/openssl_no_memory',
        'gossip/hostile', 'gossip/message', 'gossip/net', 'ident/no_memory',
        'ident/signature', 'mux/pair', 'proto/kad_lookup', 'proto/kad_net',
        'proto/mdns_ldns', 'quic/core', 'quic/hostile', 'quic/moves',
        'quic/no_memory', 'stack/autonat_no_memory', 'stack/hostile',
        'stack/kad', 'stack/no_memory', 'stack/relay_no_memory',
        'stack/silence', 'stack/spare', 'stack/starve', 'stack/traffic',
        'stack/ways_no_memory', 'tls/channel', 'tls/hostile')
# Have a malloc of their own, where memcheck wants to have its.
OWN_MALLOC = ('quic/foreign_memory', 'tls/foreign_memory')


def programs(build):
    """{name: (command, environment)} of the library's unit tests."""
    out = subprocess.run(['meson', 'introspect', '--tests', build], text=True,
                         capture_output=True, check=True).stdout
    return {t['name']: (t['cmd'], t['env']) for t in json.loads(out)
            if t['name'].split('/')[0] in FOLDERS and
            any(s.endswith('unit') for s in t['suite'])}


def run(name, command, env):
    began = time.monotonic()
    try:
        done = subprocess.run(
            MEMCHECK + command, env={**os.environ, **env}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIMEOUT,
            stderr=subprocess.STDOUT, errors='replace', check=False)
        code, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        code, said = -1, f'not done in {TIMEOUT} s\n'
    span = time.monotonic() - began
    if code != 0:
        print(said, end='')
    print(f'{"FAIL" if code else "ok"} {name} ({span:.1f} s)', flush=True)
    return code


def control():
    """Whether memcheck finds what it is to find."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'control')
        subprocess.run(['gcc', '-O0', '-w', '-x', 'c', '-', '-o', path],
                       input=CONTROL, text=True, check=True)
        code = subprocess.run([*MEMCHECK, path], capture_output=True,
                              check=False).returncode
    print('ok' if code == FOUND else 'FAIL', 'control: it is found out')
    return code == FOUND


# How peers meet, by the security of who dials.
LISTEN = ('/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws',
          '/ip4/127.0.0.1/udp/0/quic-v1')
DIALS = (('noise', ('/tcp/', '/ws', '/quic-v1')), ('tls', ('/tcp/',)))


def talk(listener, security, ways):
    """A dialer that does all that it can over each way; its exit code."""
    dialer = peer.Peer.start('c', ['--security', security], timeout=TIMEOUT)
    for n, way in enumerate(ways):
        at = next(a for a in listener.addrs if way in a and
                  (way != '/tcp/' or '/ws' not in a))
        for command in (f'connect {at}', f'ping {listener.id} 2',
                        f'identify {listener.id}',
                        f'perf {listener.id} 70000 70000',
                        f'disconnect {listener.id}'):
            dialer.cmd(command, timeout=TIMEOUT)
        dialer.wait_count('disconnected', n + 1, timeout=TIMEOUT)
    return dialer.stop(TIMEOUT)


def meet():
    """Whether two peers give the kernel nothing that was not written."""
    listener = peer.Peer.start(
        'c', [a for ma in LISTEN for a in ('--listen', ma)] +
        ['--security', 'noise,tls'], timeout=TIMEOUT)
    codes = [talk(listener, *d) for d in DIALS]
    codes.append(listener.stop(TIMEOUT))
    for line in listener.err_tail:
        print(line)
    return not any(codes)


def sockets(build):
    """The same by a program that runs them under memcheck."""
    began = time.monotonic()
    p2p = os.path.abspath(f'{build}/tools/p2p/p2p')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'p2p')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\nexec {" ".join(MEMCHECK)} {p2p} "$@"\n')
        os.chmod(path, 0o755)
        os.environ['P2P_BIN'] = path
        good = meet()
    print('ok' if good else 'FAIL', 'two peers over real sockets',
          f'({time.monotonic() - began:.1f} s)')
    return good


def main():
    build, what = sys.argv[1], sys.argv[2:] or ['all']
    tests = programs(build)
    names = sorted(n for n in tests if n not in OWN_MALLOC)
    if what == ['slice']:
        today = int(time.time()) // 86400 % SLICES
        names = [n for n in names if n not in SLOW][today::SLICES]
    elif what != ['all']:
        names = what
    good = control() and sockets(build)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda n: run(n, *tests[n]), names))
    return 0 if good and not any(codes) else 1


if __name__ == '__main__':
    sys.exit(main())
