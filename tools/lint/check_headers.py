# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every header compiles alone, with gcc and clang; public ones as C++ too.
What compiled once is remembered by the content of all headers together."""
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor


WARN = ['-fsyntax-only', '-Werror', '-Wall', '-Wextra', '-Wpedantic',
        '-Wno-unused-function', '-D_GNU_SOURCE', '-Iinclude', '-Ilib',
        '-Itests/lib', '-I.']
C = ['-x', 'c', '-std=gnu11']
CXX = ['-x', 'c++', '-std=c++17', '-Wno-variadic-macros']


def fails(tree, path, compiler, lang):
    stub = f'#include "{path}"\nextern int stub;\n'
    r = subprocess.run([compiler, *lang, *WARN, '-'], cwd=tree.root,
                       input=stub, capture_output=True, text=True,
                       check=False)
    if r.returncode == 0:
        return None
    lines = [x for x in r.stderr.splitlines() if 'error' in x]
    kind = 'C++' if lang is CXX else 'C'
    return f'{path}: not alone as {kind} ({compiler}): {(lines or ["?"])[0]}'


def remembered(tree, paths):
    """The mark that exists when these very headers were fine."""
    h = hashlib.sha256(repr(WARN).encode())
    for p in paths:
        h.update(p.encode() + tree.text(p).encode())
    cache = os.environ.get('XDG_CACHE_HOME',
                           os.path.expanduser('~/.cache'))
    return os.path.join(cache, 'unitmesh/lint', 'headers-' + h.hexdigest())


def check(tree):
    paths = tree.files(r'(lib|include|mesh|cli|tests/lib)/.*\.h$')
    mark = remembered(tree, paths)
    if tree.build and os.path.exists(mark):
        return len(paths), []
    jobs = [(p, c, C) for p in paths for c in ('gcc', 'clang')]
    jobs += [(p, 'clang', CXX) for p in paths if p.startswith('include/')]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda job: fails(tree, *job), jobs)
    problems = [p for p in found if p]
    if tree.build and not problems:
        os.makedirs(os.path.dirname(mark), exist_ok=True)
        with open(mark, 'w', encoding='utf-8'):
            pass
    return len(paths), problems


BAD = {'lib/base/a.h': 'size_t f(void);\n',
       'include/p2p/b.h': 'int g(int class);\n'}
WANT = [r'a.h: not alone as C \(gcc\)', r'a.h: not alone as C \(clang\)',
        r'b.h: not alone as C\+\+']
