# SPDX-License-Identifier: MIT OR Apache-2.0
"""The shared libraries show p2p_… and nothing else, but for what p2p has for
its own libraries, under a version of its own; the list of what they show is
committed, and equal to what the public headers declare."""
import os
import re

import common

LIST = 'docs/reference/exported-symbols.txt'
PUBLIC = re.compile(r'^p2p_[a-z0-9]+(_[a-z0-9]+)+$')
DECLARED = re.compile(r'^P2P_API\b[^;(]*?\b(\w+)\s*\(', re.M)


def exported(tree):
    """Names that the libraries show; of a bad sample: its list `shown`."""
    if tree.build is None:
        return public(tree.text('shown').split())
    libs = {name: os.path.join(tree.build, 'lib', name + '.so.0')
            for name in ('libp2p', 'libp2p-portmap', 'libp2p-quic',
                         'libp2p-tls', 'libp2p-ws')}
    return public(
        name for _, kind, name in common.nm(libs, '-D', '--defined-only')
        if kind != 'A')


def public(names):
    """What is not there for our own libraries alone."""
    split = [name.split('@') for name in names]
    return [n[0] for n in split if not (
        n[-1].startswith('P2P_PRIVATE_') and n[0].startswith('p2p__'))]


def check(tree):
    names = sorted(exported(tree))
    allow = common.Allow(tree, 'exports')
    problems = [f'{n} is shown, and is no public name'
                for n in names if not PUBLIC.match(n) and n not in allow]
    declared = set()
    for path in tree.files(r'include/.*\.h$'):
        declared |= set(DECLARED.findall(common.strip(tree.text(path))))
    problems += [f'{n} is declared, but the library lacks it'
                 for n in sorted(declared - set(names))]
    problems += [f'{n} is shown, but no header declares it'
                 for n in names if n not in declared]
    text = ''.join(n + '\n' for n in names)
    if os.environ.get('LINT_WRITE') and tree.build:
        with open(os.path.join(tree.root, LIST), 'w',
                  encoding='utf-8') as f:
            f.write(text)
    elif LIST not in tree.paths or tree.text(LIST) != text:
        problems.append(f'{LIST} is stale: make lint-write')
    return len(names), problems + allow.stale()


BAD = {'shown': 'p2p_host_new@@P2P_0\np2p__host_run\np2p_gone\n'
                'p2p__free@@P2P_PRIVATE_1\np2p_in@@P2P_PRIVATE_1\n',
       'include/p2p/host.h': 'P2P_API int p2p_host_new(void);\n'
                             'P2P_API int p2p_host_dial(int a);\n',
       LIST: 'p2p_host_new\n'}
WANT = [r'p2p__host_run is shown, and is no', r'p2p_host_dial is declared',
        r'p2p_gone is shown, but no header', r'stale',
        r'p2p_in is shown, but no header']
