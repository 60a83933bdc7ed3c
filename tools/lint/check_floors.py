# SPDX-License-Identifier: MIT OR Apache-2.0
"""A folder includes lower floors only, siblings never each other, and other
people's headers only where floors.txt says so."""
import fnmatch
import os
import re

# What every folder may include with <>.
PURE = set('assert.h ctype.h errno.h inttypes.h limits.h math.h stdarg.h '
           'stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h'.split())
# The system's, for folders that are not pure.
SYSTEM = re.compile(r'^(sys|net|netinet|arpa|linux)/[a-z0-9_]+\.h$|^(dirent|'
                    r'fcntl|getopt|ifaddrs|netdb|poll|pthread|pwd|grp|sched|'
                    r'signal|strings|syslog|termios|time|unistd)\.h$')
# Public headers of lib that every folder of mesh may use.
FREE = set('envelope.h err.h hash.h key.h peer_id.h seal.h'.split())
# Folders outside of lib that may use all of them.
HOSTS = ('mesh/bus', 'mesh/node', 'mesh/app', 'tools/p2p', 'examples')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


class Floors:
    def __init__(self, tree):
        self.rows = [(r[0], float(r[1]), r[2], r[3:])
                     for r in tree.data('floors.txt')]

    def of(self, path):
        """(folder, floor, kind, foreign headers) of a file, or None."""
        for pattern, floor, kind, headers in self.rows:
            if pattern.endswith('/*') and fnmatch.fnmatch(path, pattern):
                depth = pattern.count('/') + 1
                folder = '/'.join(path.split('/')[:depth])
                if path.startswith('include/'):
                    folder = 'include/p2p'
                return folder, floor, kind, headers
            if path == pattern or path.startswith(pattern + '/'):
                folder = re.sub(r'/[^/]*\.h$', '', pattern)
                return folder, floor, kind, headers
        return None


def resolve(tree, path, name):
    """Where "name" in `path` is, in the tree."""
    for base in (os.path.dirname(path), 'lib', 'include', ''):
        full = os.path.normpath(os.path.join(base, name))
        if full in tree.paths:
            return full
    return None


def house(path):
    top = path.split('/')[0]
    return {'include': 'lib', 'cli': 'mesh'}.get(top, top)


def quoted(tree, floors, path, mine, name):
    """What is wrong with an include of a header of ours."""
    target = resolve(tree, path, name)
    if target is None:
        return f'"{name}" is nowhere'
    theirs = floors.of(target)
    if theirs is None:
        return f'"{name}" is outside of the house'
    if house(path) != house(target):
        return guest(target, mine, name)
    below = theirs[1] < mine[1]
    if not below and not (theirs[0] == mine[0] and theirs[1] == mine[1]):
        return (f'"{name}": {theirs[0]} (floor {theirs[1]:g}) is not below '
                f'{mine[0]} ({mine[1]:g})')
    return None


def guest(target, mine, name):
    """Everybody else sees the library's public headers only."""
    if not target.startswith('include/p2p/'):
        return f'"{name}" is private to the library'
    if os.path.basename(target) not in FREE and mine[0] not in HOSTS:
        return f'"{name}": only {", ".join(HOSTS)} may use it'
    return None


def angled(mine, name):
    """What is wrong with an include of somebody else's header."""
    if name in PURE or any(fnmatch.fnmatch(name, p) for p in mine[3]):
        return None
    if mine[2] == 'free' and SYSTEM.match(name):
        return None
    return f'<{name}> is not for {mine[0]}'


def check(tree):
    floors, problems = Floors(tree), []
    paths = tree.files(r'(lib|include|mesh|cli|tools/p2p|examples)/.*\.[ch]$')
    for path in paths:
        mine = floors.of(path)
        if mine is None:
            problems.append(f'{path}: its folder is not in floors.txt')
            continue
        for kind, name in INCLUDE.findall(tree.text(path)):
            if kind == '<' and not name.startswith('p2p/'):
                wrong = angled(mine, name)
            else:
                wrong = quoted(tree, floors, path, mine, name)
            if wrong:
                problems.append(f'{path}: {wrong}')
    return len(paths), problems


BAD = {
    'lib/base/a.h': '#include "mux/yamux/y.h"\n',
    'lib/base/b.c': '#include <time.h>\n#include <openssl/evp.h>\n',
    'lib/mux/yamux/y.h': '#include "mux/mplex/m.h"\n#include <uv.h>\n',
    'lib/mux/mplex/m.h': '#include "nowhere.h"\n',
    'lib/attic/x.c': '\n',
    'include/p2p/host.h': '\n',
    'mesh/trust/t.c': '#include "base/a.h"\n#include <p2p/host.h>\n',
}
WANT = [r'lib/base/a.h.*not below', r'<time.h> is not for lib/base',
        r'<openssl/evp.h>', r'mux/mplex.*not below', r'<uv.h>',
        r'nowhere', r'lib/attic.*not in floors', r'private to the library',
        r'only mesh/bus']
