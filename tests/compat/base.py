#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: base.py

Builds the unitmesh that tests/compat/BASE names by its commit, and prints its
path. It is built in a worktree below the build folder, with ccache where that
is there; the program is kept by commit in the user's cache.
"""
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('BUILDDIR', ROOT / 'build')).resolve()
CACHE = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
BASE = (ROOT / 'tests/compat/BASE').read_text(encoding='ascii').strip()
PLACE = CACHE / 'unitmesh' / f'compat-{BASE[:12]}'
PROGRAM = PLACE / 'cli/unitmesh'
LIBRARY = 'lib/libp2p.so.0'


class NotThere(Exception):
    """The commit, or what builds it, is not on this machine."""


def sh(*words, cwd=ROOT, env=None):
    done = subprocess.run(words, cwd=cwd, text=True, check=False, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise NotThere(f'{" ".join(map(str, words))}: '
                       f'{done.stdout.strip()[-2000:]}')
    return done.stdout.strip()


def has(commit):
    return subprocess.run(['git', 'cat-file', '-e', commit + '^{commit}'],
                          cwd=ROOT, check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def bring():
    """The commit, in a clone that may be a shallow one."""
    if not has(BASE):
        sh('git', 'fetch', '--quiet', '--unshallow')
    if not has(BASE):
        raise NotThere(f'{BASE} is no commit of this clone')


def make(tree, out):
    env = dict(os.environ)
    if shutil.which('ccache') and 'CC' not in env:
        env['CC'] = 'ccache gcc'
    env.update(CCACHE_BASEDIR=str(tree), CCACHE_NOHASHDIR='1')
    sh('meson', 'setup', out, '-Dtests=false', cwd=tree, env=env)
    sh('ninja', '-C', out, 'cli/unitmesh', env=env)


def build():
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not PROGRAM.exists():
            build_alone()


def keep(made, place):
    """Whole or not at all; the program finds its library beside it."""
    place.parent.mkdir(exist_ok=True)
    fd, part = tempfile.mkstemp(dir=place.parent)
    os.close(fd)
    shutil.copy(made, part)
    os.replace(part, place)


def build_alone():
    bring()
    tree = BUILD / 'compat' / BASE[:12]
    shutil.rmtree(tree, ignore_errors=True)
    sh('git', 'worktree', 'prune')
    tree.parent.mkdir(parents=True, exist_ok=True)
    sh('git', 'worktree', 'add', '--force', '--detach', tree, BASE)
    try:
        make(tree, tree / 'build')
        for name in (LIBRARY, 'cli/unitmesh'):
            keep(tree / 'build' / name, PLACE / name)
    finally:
        sh('git', 'worktree', 'remove', '--force', tree)


def program():
    """Where it is; NotThere says why there is none."""
    if not PROGRAM.exists():
        build()
    return PROGRAM


if __name__ == '__main__':
    try:
        print(program())
    except NotThere as e:
        sys.exit(f'base.py: {e}')
