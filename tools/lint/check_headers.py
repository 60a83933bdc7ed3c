# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every header compiles alone, with gcc and clang; public ones as C++ too.
What compiled once is remembered by its content and that of its includes."""
import contextlib
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from check_floors import INCLUDE, resolve


WARN = ['-fsyntax-only', '-Werror', '-Wall', '-Wextra', '-Wpedantic',
        '-Wno-unused-function', '-D_GNU_SOURCE', '-Iinclude', '-Ilib',
        '-Itests/lib', '-Itests/sim', '-I.']
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


def content(tree, path, seen):
    """A header and all of ours that it includes, as one text."""
    if path in seen:
        return ''
    seen.add(path)
    text = tree.text(path)
    for _, name in INCLUDE.findall(text):
        target = resolve(tree, path, name)
        if target:
            text += content(tree, target, seen)
    return path + text


def mark(tree, path):
    """The file that exists when this very header was fine."""
    text = repr(WARN) + content(tree, path, set())
    cache = os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache'))
    return os.path.join(cache, 'unitmesh/lint/headers',
                        hashlib.sha256(text.encode()).hexdigest())


def alone(tree, path):
    done = mark(tree, path)
    if tree.build and os.path.exists(done):
        return []
    jobs = [('gcc', C), ('clang', C)]
    jobs += [('clang', CXX)] if path.startswith('include/') else []
    problems = [p for p in (fails(tree, path, *j) for j in jobs) if p]
    if tree.build and not problems:
        with contextlib.suppress(OSError):  # it is looked at again, then
            os.makedirs(os.path.dirname(done), exist_ok=True)
            with open(done, 'w', encoding='utf-8'):
                pass
    return problems


def check(tree):
    paths = tree.files(r'(lib|include|mesh|cli|tools|tests/(lib|sim))/.*\.h$')
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda path: alone(tree, path), paths)
    return len(paths), [p for problems in found for p in problems]


BAD = {'lib/base/a.h': 'size_t f(void);\n',
       'include/p2p/b.h': 'int g(int class);\n'}
WANT = [r'a.h: not alone as C \(gcc\)', r'a.h: not alone as C \(clang\)',
        r'b.h: not alone as C\+\+']
