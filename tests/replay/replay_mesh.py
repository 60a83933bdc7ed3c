#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: replay_mesh.py CONTROL-SERVER UNIT-STANDIN [--only TEXT] [--plain]

Replays what was recorded on real Units against mesh/control: status, content
type and body of scenarios 01 to 06, 08 and 19, as they were recorded and
changed as replay.py does it.

This script plays the daemon around it, with a stand-in for this node's Unit: a
new document is kept when the Unit took what this node makes of it, else the
Unit's answer is the answer; what is not mesh/control's (/, /status, /control)
is the Unit's. Counted apart: who answered. What differs and is not in
allowed_mesh.txt fails.
"""
import argparse
import glob
import hashlib
import json
import os
import subprocess
import sys

import replay

SCENARIOS = ('01', '02', '03', '04', '05', '06', '08', '19')
MOST_DIFFERENT = 30


class Server:
    """mesh/control on a pipe."""

    def __init__(self, program, flavour):
        kind = 'freeunit' if flavour == 'freeunit' else 'unit'
        njs = 'njs' if flavour == 'unit-njs' else 'plain'
        self.proc = subprocess.Popen(
            [program, kind, njs, json.dumps(replay.MODULES[flavour])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def order(self, *words):
        self.proc.stdin.write(b' '.join(words) + b'\n')
        self.proc.stdin.flush()
        line = self.proc.stdout.readline()
        if not line:
            raise SystemExit(f'the server ended with {self.proc.wait(10)}')
        return line.decode().split()

    def ask(self, method, path, content_type, body, sealed=None):
        words = [w.hex().encode() or b'-' if w is not None else b'-'
                 for w in (method, path, content_type, body, sealed)]
        kind, status, ctype, text, config = self.order(b'ask', *words)
        return (kind, int(status), ctype, unhex(text), unhex(config))

    def close(self):
        self.proc.stdin.close()
        if self.proc.wait(10) != 0:
            raise SystemExit(f'the server ended with {self.proc.returncode}')
        self.proc.stdout.close()


def read(text):
    """JSON whose numbers stay text."""
    return json.loads(text.decode('latin-1'), parse_int=str, parse_float=str)


def unhex(word):
    return None if word == '-' else bytes.fromhex(word)


class Daemon:
    """What a daemon does around mesh/control, as far as a client sees it."""

    def __init__(self, server, unit):
        self.server, self.unit = server, unit
        self.by_unit = False

    def forward(self, method, path, body):
        """Asks the Unit: (status, content type, body)."""
        head = b'%s %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % (
            method, path, len(body or b''))
        got, _ = replay.talk(self.unit.host, [head + (body or b'')], False,
                             True)
        answer = replay.Answer.received(got)
        return (answer.line[1], dict(answer.headers).get('Content-Type'),
                answer.body)

    def upload(self, method, path, body):
        """The Unit gets what was uploaded, under its plain name."""
        self.forward(b'DELETE', path, None)
        return self.forward(method, path, body)

    def must_agree(self):
        """The base is what the Unit has, member by member and digit by digit
        (its table of more than ten members has another order)."""
        *_, ours, _ = self.server.ask(b'GET', b'/config', None, None)
        theirs = self.forward(b'GET', b'/config', None)[2]
        if read(ours) != read(theirs):
            raise SystemExit(f'the base is {ours!r},\nthe Unit has {theirs!r}')

    def request(self, method, path, content_type, body):
        """Answers: (status, content type, body)."""
        self.by_unit = False
        kind, status, ctype, text, config = self.server.ask(
            method, path, content_type, body)
        if kind == 'seal':
            self.upload(method, path, body)
            name = hashlib.sha256(b'sealed ' + body).hexdigest().encode()
            self.server.order(b'vault', name.hex().encode(),
                              body.hex().encode())
            kind, status, ctype, text, config = self.server.ask(
                method, path, content_type, body, name)
        elif kind == 'change' and path.startswith(b'/js_modules'):
            if method == b'PUT':
                self.upload(method, path, body)
                name = hashlib.sha256(body).hexdigest().encode()
                self.server.order(b'vault', name.hex().encode(),
                                  body.hex().encode())
        if kind == 'adopt':
            return 'adopts', None, b''
        if kind == 'elsewhere':
            self.by_unit = True
            return self.forward(method, path, body)
        if kind == 'change':
            answer = self.forward(b'PUT', b'/config', config)
            if answer[0] != 200:
                self.by_unit = True
                return answer
            self.server.order(b'keep')
            self.must_agree()
            if method == b'DELETE' and not path.startswith(b'/config'):
                self.forward(method, path, None)
        return status, ctype, text


def head_of(request):
    """Method, path, content type of a recorded request."""
    lines = request.raw.split(b'\r\n')
    method, rest = lines[0].split(b' ', 1)
    path = rest.rsplit(b' ', 1)[0]
    types = [line.split(b':', 1)[1].strip() for line in lines[1:]
             if line.lower().startswith(b'content-type:')]
    return method, path, types[0] if types else None


def replay_one(d, daemon, changed):
    """What was answered (a status, or that it adopts), and what differs."""
    request = replay.Request(d['request'])
    want = replay.Answer.recorded(d['response']) if d['response'] else None
    if changed:
        shifts = request.is_config_json()
        request.rename()
        want = want.rename() if want else None
        if shifts:
            request.shift()
            want = want.shift() if want else None
    if d['note'] == 'after restart':
        daemon.unit.restart()
    status, ctype, body = daemon.request(*head_of(request), request.body)
    if want is None:
        return status, f'want no answer, have {status} {body[:200]!r}'
    have = want.with_body(body)
    have.line = (want.line[0], status, want.line[2])
    have.headers = [(n, ctype if n == 'Content-Type' else v)
                    for n, v in have.headers]
    if have.key() != want.key():
        return status, f'want {want.key()}\n        have {have.key()}'
    return status, None


def read_allowed():
    """What may differ, {(flavour, scenario, step): what is answered}."""
    rows = {}
    name = os.path.join(replay.HERE, 'allowed_mesh.txt')
    with open(name, encoding='utf-8') as f:
        for line in f:
            if line.strip() and not line.startswith('#'):
                flavour, scenario, step, answer, _ = line.split(None, 4)
                rows[flavour, scenario, int(step)] = answer
    return rows


def run_scenario(args, path, changed, allowed):
    """(matches by mesh/control, matches by the Unit, steps, bad ones)"""
    flavour = os.path.basename(os.path.dirname(path))
    name = os.path.basename(path)[:-6]
    host = replay.HOSTS[flavour]
    if changed:
        host = replay.renamed(host.encode()).decode()
    with open(path, encoding='utf-8') as f:
        steps = [d for d in map(json.loads, f) if 'request' in d]
    taken = replay.Taken(host, replay.TAKEN_PORT + (99 if changed else 0))
    unit = replay.Standin(args.standin, flavour, host)
    server = Server(args.server, flavour)
    daemon = Daemon(server, unit)
    good = {True: 0, False: 0}
    bad = []
    excused = stale = 0
    try:
        for d in steps:
            status, differs = replay_one(d, daemon, changed)
            key = (flavour, name[:2], d['step'])
            if differs is None:
                good[daemon.by_unit] += 1
                stale += key in allowed
            elif allowed.get(key) == str(status):
                excused += 1
            else:
                bad.append(f"{flavour}/{name} step {d['step']} "
                           f"[{d['note']}]: {differs}")
    finally:
        server.close()
        unit.close()
        taken.s.close()
    print(f"{flavour + '/' + name:30} {'changed' if changed else 'as it was':9}"
          f' {good[False]} + {good[True]} of {len(steps)}'
          + (f', {excused} excused' if excused else ''))
    if stale:
        bad.append(f'{flavour}/{name}: allowed_mesh.txt has {stale} steps '
                   'that match')
    return good[False], good[True], len(steps), bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('server')
    ap.add_argument('standin')
    ap.add_argument('--only', default='')
    ap.add_argument('--plain', action='store_true')
    args = ap.parse_args()
    args.server = os.path.abspath(args.server)
    args.standin = os.path.abspath(args.standin)
    replay.own_namespace()
    allowed = read_allowed()
    if len(allowed) > MOST_DIFFERENT:
        print(f'more than {MOST_DIFFERENT} answers may differ')
        return 1
    bad = []
    totals = {False: [0, 0, 0], True: [0, 0, 0]}
    for path in sorted(glob.glob(os.path.join(replay.DATA, '*', '*.jsonl'))):
        if args.only not in path or \
                os.path.basename(path)[:2] not in SCENARIOS:
            continue
        for changed in (False,) if args.plain else (False, True):
            *counts, wrong = run_scenario(args, path, changed, allowed)
            totals[changed] = [a + b for a, b in zip(totals[changed], counts)]
            bad += [('changed ' if changed else '') + w for w in wrong]
    for changed in (False,) if args.plain else (False, True):
        ours, units, steps = totals[changed]
        print(f"total {'changed' if changed else 'as it was'}: "
              f'{ours + units} of {steps} match ({ours} by mesh/control, '
              f"{units} by this node's Unit)")
    for line in bad:
        print('DIFFERS ' + line)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
