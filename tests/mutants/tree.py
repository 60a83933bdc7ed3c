# SPDX-License-Identifier: MIT OR Apache-2.0
"""A copy of the tree, in which something is broken on purpose, built and
tested: what tests/mutants and tests/hostile share."""
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def sh(*argv, **kw):
    return subprocess.run(argv, text=True, errors='replace',
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **kw)


def same(a, b):
    with open(a, 'rb') as f, open(b, 'rb') as g:
        return f.read() == g.read()


def prune(paths, top):
    """Removes what is in a folder and not among the paths."""
    for where, _, names in os.walk(top):
        for name in names:
            full = os.path.join(where, name)
            if os.path.relpath(full, top) not in paths:
                os.remove(full)


class Copy:
    """The copy below ROOT/FOLDER: src, and build, where Meson builds it."""

    def __init__(self, folder):
        self.src = os.path.join(ROOT, folder, 'src')
        self.build_dir = os.path.join(ROOT, folder, 'build')

    def renew(self):
        """Brings it up to date; what is equal keeps its time, so that little
        is built again."""
        listed = sh('git', 'ls-files', '-co', '--exclude-standard', cwd=ROOT)
        paths = {p for p in listed.stdout.splitlines()
                 if os.path.isfile(os.path.join(ROOT, p))}
        for path in paths:
            src, dst = os.path.join(ROOT, path), os.path.join(self.src, path)
            if not os.path.exists(dst) or not same(src, dst):
                os.makedirs(os.path.dirname(dst), exist_ok=True)
                shutil.copyfile(src, dst)
                shutil.copymode(src, dst)
        prune(paths, self.src)

    def programs(self):
        """{Meson's name of a test: (what ninja builds, command)}."""
        if not os.path.exists(os.path.join(self.build_dir, 'build.ninja')):
            done = sh('meson', 'setup', self.build_dir, self.src,
                      '-Dbuildtype=debug')
            if done.returncode != 0:
                sys.exit(done.stdout)
        sh('ninja', '-C', self.build_dir, 'build.ninja')
        out = sh('meson', 'introspect', '--tests', self.build_dir).stdout
        return {t['name']: (os.path.relpath(t['cmd'][0], self.build_dir),
                            t['cmd']) for t in json.loads(out)}

    def build(self, target):
        """What is wrong with the build of a target, or None."""
        done = sh('ninja', '-C', self.build_dir, target)
        if done.returncode == 0:
            return None
        errors = re.findall(r'^.*\berror\b.*$', done.stdout, re.M)
        return '\n'.join(errors[:9]) or done.stdout[-2000:]

    def run(self, argv, timeout, **kw):
        """(return code, output) of a program; None and what it said when the
        time was over."""
        try:
            done = sh(*argv, timeout=timeout, cwd=self.build_dir, **kw)
        except subprocess.TimeoutExpired as e:
            return None, (e.stdout or b'').decode(errors='replace')
        return done.returncode, done.stdout


def failed(output):
    """The cmocka tests that an output says failed."""
    return set(re.findall(r'^\[  FAILED  \] (\w+)$', output, re.M))


def began(output):
    """The cmocka tests that began, in order."""
    return re.findall(r'^\[ RUN      \] (\w+)', output, re.M)
