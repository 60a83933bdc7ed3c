#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: replay.py UNIT-STANDIN [--only TEXT] [--plain] [-v]

Replays what was recorded on real Units against the stand-in, over a real
socket, and compares status line, header names and values, body bytes, and who
closed. Date is ignored. Each scenario is replayed twice: as recorded, and
changed: listeners, applications and files renamed, and white space put before
each JSON body, so that offsets, lines and columns move. Prints how many match;
what differs and is not in allowed.txt fails.

It needs addresses of its own (127.77.0.0/16), so it moves into a network
namespace where it may.
"""
import argparse
import base64
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(HERE), 'data', 'unit-transcripts')
WAIT_S = 5.0        # for an answer that was recorded
SILENCE_S = 0.25    # where the recording has none
PAUSE_S = 0.03      # between packets that were recorded as apart
CONTROL_PORT = 8888
TAKEN_PORT = 8099

# The machine that was recorded: its modules, its application folder, and a
# module in it that raises when it is imported.
MODULES = {
    'unit': {'python': {
        'version': '3.11.7',
        'lib': '/srv/web/unit/unit/modules/python3.11.unit.so'}},
    'freeunit': {'python': {
        'version': '3.11.7',
        'lib': '/srv/web/unit/freeunit/modules/python3.11.unit.so'}},
    'unit-njs': {},
}
APP_FILES = ('wsgi.py', 'wsgj.py', 'broken.py', 'brokes.py')
BROKEN = ('broken', 'brokes')
RUN_FOLDERS = ('unit-a', 'freeunit-a', 'unit-y', 'freeunit-y')
MOVING_APPS = ('unit-p', 'freeunit-p')
HOSTS = {'unit': '127.77.1.1', 'freeunit': '127.77.2.1',
         'unit-njs': '127.77.3.1'}

# Renames of the changed replay, of equal length so that offsets stay.
RENAMES = [
    (b'127.77.', b'127.78.'), (b':8080', b':8185'), (b':8081', b':8186'),
    (b':8098', b':8197'), (b':8099', b':8198'), (b':18080', b':18181'),
    (b'%3A8080', b'%3A8185'), (b'wsgi"', b'wsgj"'), (b'"broken"', b'"brokes"'),
    (b'"foo"', b'"qux"'), (b'\\"foo\\"', b'\\"qux\\"'),
    (b'bundle', b'bumdle'), (b'keyfirst', b'keyfurst'), (b'/rsa', b'/rsb'),
    (b'"rsa"', b'"rsb"'), (b'mismatch', b'mismetch'), (b'nocert', b'xocert'),
    (b'nosuchvar', b'nosuchvat'), (b'nonexistent', b'nonexistant'),
    (b'applications/a"', b'applications/k"'),
    (b'"a": {"type"', b'"k": {"type"'), (b'"a":{"type"', b'"k":{"type"'),
    (b'applications/a/', b'applications/k/'),
    (b'applications/%61/', b'applications/%6b/'),
    (b'/applications/a\\"', b'/applications/k\\"'),
    (b'"applications": {"a":', b'"applications": {"k":'),
    (b'"applications": {\r\n\t\t"a": {', b'"applications": {\r\n\t\t"k": {'),
    (b'applications/none', b'applications/nome'), (b'u%2F1', b'v%2F1'),
    (b'u%2f1', b'v%2f1'), (b'u%252F1', b'v%252F1'), (b'"u/1"', b'"v/1"'),
    (b'upstreams/u/1', b'upstreams/v/1'), (b'a+b', b'c+d'),
    (b'a%2Fb', b'c%2Fd'), (b'"a/b"', b'"c/d"'), (b'l.sock', b'm.sock'),
    (b'abstract1', b'abstract2'), (b'js_modules/http', b'js_modules/hjjp'),
    (b'"http": "export', b'"hjjp": "export'),
    (b'"js_module": "http"', b'"js_module": "hjjp"'),
    (b'"js_module": ["http"]', b'"js_module": ["hjjp"]'),
    (b'JS module \\"http\\"', b'JS module \\"hjjp\\"'),
    (b'`${http.', b'`${hjjp.'),
]
SHIFT = b' \t\r\n  '
SHIFT_LINES, SHIFT_COLUMNS = 1, 2

# How the bytes of an exchange were sent, by its note: in two packets, one by
# one, or with the sending side shut afterwards.
APART = {'chunked body in later packet', 'headers then body',
         'no CL, body in later packet -> empty body', 'Expect: then body'}
DRIBBLED = {'body dribbled', 'request dribbled'}

# Steps that are not replayed: what depends on an application that answers,
# on when a process was killed, on bodies of 10 MB and more, which are cut.
PASSED_OVER = {
    '09': set(range(4, 11)),
    '12': {6, 7, 14, 15, 16, 17},
    '13': set(range(7, 31)),
}
# Scenarios whose answers were recorded as hashes cannot be changed.
FIXED = {'12'}

# What stood in conf.json at a start; None: the answer with a comment.
CONF_FILES = {
    'conf.json empty file': '',
    'conf.json truncated': '{"listeners":{',
    'conf.json unknown key': '{"foo":1}',
    'conf.json bad app module': '{"applications":{"a":{"type":"nope"}}}',
    'conf.json not json': 'hello',
    'hand-written conf.json with a comment is loaded': None,
}


def flavour_args(flavour):
    return ['--flavour', 'freeunit' if flavour == 'freeunit' else 'unit'] + \
        (['--njs'] if flavour == 'unit-njs' else [])


class Taken:
    """A port that somebody else has."""

    def __init__(self, host, port):
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.s.bind((host, port))
        self.s.listen()


class Standin:
    """A running stand-in on its own folder."""

    def __init__(self, program, flavour, host):
        self.program, self.flavour, self.host = program, flavour, host
        self.dir = tempfile.mkdtemp(prefix='um')
        root = os.path.join(self.dir, 'r')
        app = os.path.join(root, 'srv/web/unit/app')
        os.makedirs(app)
        for name in APP_FILES:
            open(os.path.join(app, name), 'w').close()
        for name in RUN_FOLDERS:
            os.makedirs(os.path.join(root, 'srv/web/unit/run', name))
        for name in MOVING_APPS:
            folder = os.path.join(root, 'srv/web/unit/run', name, 'app')
            os.makedirs(folder)
            open(os.path.join(folder, 'm.py'), 'w').close()
        with open(os.path.join(self.dir, 'modules.json'), 'w') as f:
            json.dump(MODULES[flavour], f)
        self.proc = None
        self.start()

    def start(self):
        args = [self.program, '--quiet', '--state', self.dir + '/state',
                '--control', f'{self.host}:{CONTROL_PORT}',
                '--root', self.dir + '/r', '--modules',
                self.dir + '/modules.json', *flavour_args(self.flavour)]
        for name in BROKEN:
            args += ['--fault', 'refuse-app=' + name]
        self.proc = subprocess.Popen(args, stdout=subprocess.PIPE,
                                     stdin=subprocess.DEVNULL)
        line = self.proc.stdout.readline()
        if json.loads(line or b'{}').get('type') != 'ready':
            raise SystemExit(f'{self.program}: does not start: {line!r}')

    def stop(self, by=signal.SIGTERM):
        self.proc.send_signal(by)
        code = self.proc.wait(10)
        self.proc.stdout.close()
        if code not in (0, -signal.SIGKILL):
            raise SystemExit(f'{self.program}: ended with {code}')

    def restart(self, by=signal.SIGTERM, conf=None, taken=None):
        """Ends and starts again, meanwhile with another conf.json, or with a
        port that somebody else has."""
        self.stop(by)
        other = Taken(self.host, taken) if taken else None
        if conf is not None:
            with open(self.dir + '/state/conf.json', 'w') as f:
                f.write(conf)
        self.start()
        if other:
            other.s.close()

    def move_app(self, old, new):
        for name in MOVING_APPS:
            folder = os.path.join(self.dir, 'r/srv/web/unit/run', name, 'app')
            os.rename(os.path.join(folder, old), os.path.join(folder, new))

    def close(self):
        self.stop()
        shutil.rmtree(self.dir)


def talk(host, packets, half_close, want_answer):
    """Sends packets, reads to the end: (bytes, who closed)."""
    s = socket.create_connection((host, CONTROL_PORT), WAIT_S)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    got = b''
    closed = False
    try:
        for n, packet in enumerate(packets):
            if n:
                time.sleep(PAUSE_S if len(packets) < 10 else 0.0005)
            s.sendall(packet)
        if half_close:
            s.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass
    s.settimeout(WAIT_S if want_answer else SILENCE_S)
    try:
        while True:
            part = s.recv(65536)
            if not part:
                closed = True
                break
            got += part
    except (socket.timeout, TimeoutError):
        pass
    except ConnectionResetError:
        closed = True
    s.close()
    return got, closed


def listing(begin, item, end, n):
    """As many items as make a document of n bytes."""
    items = []
    left = n - len(begin) - len(end)
    while left > 0:
        items.append(item(len(items)))
        left -= len(items[-1]) + 2
    return begin + ', '.join(items) + end


def big_body(q):
    """A body that was recorded by length, hash and beginning."""
    n, head = q['body_len'], q['body_head']
    if head.startswith('[['):
        body = '[' * (n // 2) + ']' * (n // 2)
    elif head.startswith('{"routes":['):
        body = '{"routes":[' + ','.join(['{}'] * ((n - 12) // 3)) + ']}'
    elif '"upstreams": {' in head:
        body = listing(
            head[:head.index('"upstreams": {') + 14],
            lambda k: f'"u{k}": {{"servers": {{"10.{k // 62500}.'
                      f'{k // 250 % 250}.{k % 250 + 1}:80": {{}}}}}}',
            '}}', n)
    elif '"location": "/a' in head:
        body = head[:head.index('"/a') + 1] + '/'
        body += 'a' * (n - len(body) - 5) + '"}}]}'
    else:
        body = listing(
            head[:head.index('"routes": [') + 11],
            lambda k: f'{{"match": {{"uri": "/path/{k:06}/*", "host": '
                      f'"h{k:06}.example.com"}}, "action": '
                      '{"return": 404}}',
            ', {"action": {"return": 204}}]}', n)
    body = body.encode()
    if hashlib.sha256(body).hexdigest() != q['body_sha256']:
        raise SystemExit('a recorded body cannot be made again')
    return body


def body_of(q):
    if 'body_b64' in q:
        return base64.b64decode(q['body_b64'])
    if 'body_len' in q:
        return big_body(q)
    return q['body'].encode() if 'body' in q else None


class Request:
    """A recorded request: its head and what follows."""

    def __init__(self, q):
        self.body = body_of(q)
        self.raw = None
        if 'raw' in q:
            raw = q['raw'].encode('latin-1')
            at = raw.find(b'\r\n\r\n')
            if at >= 0 and len(raw) > at + 4 and raw[:3] in (b'PUT', b'POS'):
                self.raw, self.body = raw[:at + 4], raw[at + 4:]
            else:
                self.raw = raw
            return
        head = f"{q['method']} {q['path']} {q['version']}\r\n"
        for name, value in q['headers']:
            head += f'{name}: {value}\r\n'
        self.raw = (head + '\r\n').encode('latin-1')

    def is_config_json(self):
        return (self.body is not None and
                re.match(rb'(PUT|POST) /+config', self.raw) and
                b'%' != self.raw[-1:])

    def rename(self):
        self.raw = renamed(self.raw)
        if self.body is not None:
            self.body = renamed(self.body)

    def shift(self):
        """White space before the JSON; its announced length grows too."""
        bom = b'\xef\xbb\xbf'
        at = 3 if self.body.startswith(bom) else 0
        self.body = self.body[:at] + SHIFT + self.body[at:]
        self.raw = re.sub(
            rb'(?i)(content-length: )([0-9]+)(?=\r\n)',
            lambda m: m.group(1) + str(grown(int(m.group(2)))).encode(),
            self.raw)

    def packets(self, note):
        if note in DRIBBLED:
            whole = self.raw + (self.body or b'')
            first = len(self.raw) if self.body else 1
            return [whole[:first]] + [bytes([b]) for b in whole[first:]]
        if note in APART:
            return [self.raw, self.body]
        return [self.raw + (self.body or b'')]


def grown(n):
    """An announced length with the shift: none stays none."""
    return n + len(SHIFT) if 0 < n < 1 << 40 else n


def renamed(data):
    for old, new in RENAMES:
        data = data.replace(old, new)
    return data


class Answer:
    def __init__(self, version, status, reason, headers, body):
        self.line = (version, status, reason)
        self.headers, self.body = headers, body

    @classmethod
    def recorded(cls, r):
        if 'body_sha256' in r:
            body = (r['body_len'], r['body_sha256'])
        else:
            body = base64.b64decode(r['body_b64']) if 'body_b64' in r else \
                r['body'].encode()
        return cls(r['version'], r['status'], r['reason'],
                   [tuple(h) for h in r['headers']], body)

    @classmethod
    def received(cls, data):
        head, sep, body = data.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        parts = lines[0].split(' ', 2)
        if not sep or len(parts) != 3:
            return cls('?', 0, '?', [], data)
        headers = [tuple(line.split(': ', 1)) for line in lines[1:]]
        return cls(parts[0], int(parts[1]), parts[2], headers, body)

    def with_body(self, body):
        headers = [(n, str(len(body)) if n == 'Content-Length' else v)
                   for n, v in self.headers]
        return Answer(*self.line, headers, body)

    def rename(self):
        return self.with_body(renamed(self.body))

    def shift(self):
        """The answer to a shifted body: places move, others stay."""
        m = re.search(rb'"offset": (\d+),\r\n\t\t"line": (\d+),'
                      rb'\r\n\t\t"column": (\d+)', self.body)
        if not m or b'An empty JSON payload' in self.body:
            return self
        offset, line, column = (int(x) for x in m.groups())
        if line == 1:
            column += SHIFT_COLUMNS
        new = (b'"offset": %d,\r\n\t\t"line": %d,\r\n\t\t"column": %d' %
               (offset + len(SHIFT), line + SHIFT_LINES, column))
        return self.with_body(self.body[:m.start()] + new +
                              self.body[m.end():])

    def key(self):
        body = self.body
        if len(body) > 20000:  # as long ones were recorded
            body = (len(body), hashlib.sha256(body).hexdigest())
        return (self.line, [(n, '' if n == 'Date' else v)
                            for n, v in self.headers], body)


def prepare(d, standin, changed):
    """What the recorder did between exchanges, as the notes tell."""
    note, host = d['note'], standin.host
    if note == 'client closed without reading: applied?':
        send_and_leave(host, 208, None)
    elif note == 'truncated body + close: not applied':
        send_and_leave(host, 209, 20)
    elif note == 'after restart' and not getattr(standin, 'restarted', False):
        standin.restarted = True
        standin.restart()
    elif note == 'after SIGTERM + restart':
        standin.restart()
    elif note == 'after SIGKILL + restart':
        standin.restart(signal.SIGKILL)
    elif note in CONF_FILES:
        text = CONF_FILES[note]
        if text is None:
            body = json.loads(d['response']['body'])
            text = '/* x */ ' + json.dumps(body, indent=1)
        if changed:
            text = renamed(text.encode()).decode()
        standin.restart(conf=text)
    elif note == 'restart while a listener port is taken':
        standin.restart(taken=8050)
    elif note == 'restart again, port free: config back':
        standin.restart()
    elif note.startswith('restart with an app that cannot start'):
        standin.move_app('m.py', 'gone.py')
        standin.restart()
    elif note == 'slow app (2 s)':
        standin.move_app('gone.py', 'm.py')
    elif note == 'first GET right after start with slow app':
        standin.restart()


def send_and_leave(host, status, cut):
    """A PUT whose sender does not wait for the answer."""
    body = json.dumps({'listeners': {f'{host}:8080': {'pass': 'routes'}},
                       'routes': [{'action': {'return': status}}]}).encode()
    head = b'PUT /config HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % \
        len(body)
    s = socket.create_connection((host, CONTROL_PORT), WAIT_S)
    s.sendall(head + body[:cut])
    s.close()
    time.sleep(0.1)


def replay_one(d, standin, changed):
    """None if the exchange matches, else what differs."""
    request = Request(d['request'])
    want = Answer.recorded(d['response']) if d['response'] else None
    if changed:
        shifts = request.is_config_json()
        request.rename()
        want = want.rename() if want else None
        if shifts:
            request.shift()
            want = want.shift() if want else None
    prepare(d, standin, changed)
    got, closed = talk(standin.host, request.packets(d['note']),
                       'half-close' in d['note'],
                       want is not None or d['closed_by_peer'])
    if closed != d['closed_by_peer']:
        return f"closed: want {d['closed_by_peer']}, have {closed}"
    if want is None:
        return f'want no answer, have {got[:300]!r}' if got else None
    if not got:
        return f'want {want.body[:300]!r}, have no answer'
    have = Answer.received(got)
    if have.key() != want.key():
        return f'want {want.key()}\n        have {have.key()}'
    return None


def replay(program, path, changed, allowed, verbose):
    flavour = os.path.basename(os.path.dirname(path))
    name = os.path.basename(path)[:-6]
    host = HOSTS[flavour]
    if changed:
        host = renamed(host.encode()).decode()
    with open(path, encoding='utf-8') as f:
        steps = [d for d in map(json.loads, f) if 'request' in d and
                 d['step'] not in PASSED_OVER.get(name[:2], ())]
    taken = Taken(host, TAKEN_PORT if not changed else TAKEN_PORT + 99)
    standin = Standin(program, flavour, host)
    good = excused = 0
    bad = []
    try:
        for d in steps:
            differs = replay_one(d, standin, changed)
            key = (flavour, name[:2], d['step'])
            if differs is None:
                good += 1
            elif key in allowed['keys']:
                excused += 1
                allowed['used'].add(key)
                if verbose:
                    print(f"    {flavour}/{name} {d['step']} excused: "
                          f'{differs}')
            else:
                bad.append(f"{flavour}/{name} step {d['step']} "
                           f"[{d['note']}]: {differs}")
    finally:
        standin.close()
        taken.s.close()
    word = 'changed' if changed else 'as it was'
    print(f'{flavour + "/" + name:38} {word:10} {good}/{len(steps)}'
          + (f', {excused} excused' if excused else ''))
    return good, len(steps), bad


def read_allowed():
    keys, needed = set(), set()
    with open(os.path.join(HERE, 'allowed.txt'), encoding='utf-8') as f:
        for line in f:
            if line.strip() and not line.startswith('#'):
                flavour, scenario, step, _ = line.split(None, 3)
                key = (flavour, scenario, int(step.rstrip('?')))
                keys.add(key)
                if not step.endswith('?'):
                    needed.add(key)
    return {'keys': keys, 'needed': needed, 'used': set()}


def own_namespace():
    """Starts over in a network namespace, if that is possible."""
    if os.environ.get('REPLAY_NAMESPACE') or not shutil.which('unshare'):
        return
    os.environ['REPLAY_NAMESPACE'] = '1'
    for args in (['unshare', '--net'], ['unshare', '-r', '--net']):
        up = 'ip link set lo up 2>/dev/null'
        if subprocess.run(args + ['sh', '-c', up]).returncode == 0:
            os.execvp(args[0], args + ['sh', '-c', up + '; exec "$@"', 'sh',
                                       sys.executable, *sys.argv])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('program')
    ap.add_argument('--only', default='')
    ap.add_argument('--plain', action='store_true')
    ap.add_argument('-v', dest='verbose', action='store_true')
    args = ap.parse_args()
    args.program = os.path.abspath(args.program)
    own_namespace()
    allowed = read_allowed()
    bad = []
    totals = {False: [0, 0], True: [0, 0]}
    for path in sorted(glob.glob(os.path.join(DATA, '*', '*.jsonl'))):
        if args.only not in path:
            continue
        for changed in (False,) if args.plain else (False, True):
            if changed and os.path.basename(path)[:2] in FIXED:
                continue
            good, count, wrong = replay(args.program, path, changed, allowed,
                                        args.verbose)
            totals[changed][0] += good
            totals[changed][1] += count
            bad += [('changed ' if changed else '') + w for w in wrong]
    print(f'total as it was: {totals[False][0]}/{totals[False][1]} match')
    if not args.plain:
        print(f'total changed:   {totals[True][0]}/{totals[True][1]} match')
    for line in bad:
        print('DIFFERS ' + line)
    stale = allowed['needed'] - allowed['used']
    if stale and not args.only:
        print(f'allowed.txt lists what matches: {sorted(stale)}')
        return 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
