# SPDX-License-Identifier: MIT OR Apache-2.0
"""Names in the scheme: p2p_noun_verb, p2p__module_verb, um_module_verb; what
is local to a file is bare; macros and types of public headers say P2P."""
import re

import common

EXTERNAL = {'lib': re.compile(r'^p2p_[a-z0-9]+(_[a-z0-9]+)+$|'
                              r'^p2p__[a-z0-9]+(_[a-z0-9]+)*$'),
            'mesh': re.compile(r'^um_[a-z0-9]+(_[a-z0-9]+)+$'),
            'cli': re.compile(r'^um_[a-z0-9]+(_[a-z0-9]+)+$|^main$')}
DEFINE = re.compile(r'^#\s*define\s+(\w+)', re.M)
TAG = re.compile(r'\b(?:struct|enum|union)\s+(\w+)\s*\{')
TYPEDEF = re.compile(r'^typedef\b[^;(]*(?:\(\*\s*|\b)(\w+)\s*[;)]', re.M)


def of_objects(objects):
    for path, kind, name in common.nm(objects, '--defined-only'):
        top = path.split('/')[0]
        bare = name.split('.')[0]
        if kind.isupper() and not EXTERNAL[top].match(name):
            if not (name == 'main' and 'main' in path):
                yield f'{path}: external {name} is not in the scheme'
        if kind == 't' and re.match(r'p2p_|um_', bare):
            # A static inline function of a header may be kept out of line.
            if '__' not in bare and not bare.startswith('um_'):
                yield f'{path}: static {bare} is named like a public one'


def of_header(tree, path):
    text = common.strip(tree.text(path))
    for name in DEFINE.findall(text):
        if not name.startswith('P2P_'):
            yield f'{path}: macro {name} does not begin with P2P_'
    for name in TAG.findall(text) + TYPEDEF.findall(text):
        if not name.startswith('p2p_') or name.startswith('p2p__'):
            yield f'{path}: type {name} does not begin with p2p_'


def check(tree):
    problems = []
    allow = common.Allow(tree, 'names')
    objects = tree.objects()
    headers = tree.files(r'include/.*\.h$')
    problems += of_objects(objects)
    for path in headers:
        problems += of_header(tree, path)
    problems = [p for p in problems if p.split()[2] not in allow]
    problems += allow.stale()
    return len(objects) + len(headers), problems


BAD = {'lib/base/x.c': 'int helper(void) { return 1; }\n'
                       'static __attribute__((noinline, used)) int '
                       'p2p_host_go(void) { return 2; }\n',
       'mesh/unit/y.c': 'int p2p_unit_go(void) { return 3; }\n',
       'include/p2p/z.h': '#define BIG 1\nstruct peer { int a; };\n'
                          'typedef void (*callback)(int a);\n'}
WANT = [r'external helper', r'static p2p_host_go', r'external p2p_unit_go',
        r'macro BIG', r'type peer', r'type callback']
