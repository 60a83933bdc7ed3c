# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the checks share: the tree that is looked at, and C without comments.

A check is a module check_NAME.py with

    check(tree) -> (how many things were looked at, [problem, …])
    BAD = {path: text, …}     a small tree in which check() must find …
    WANT = [regex, …]         … a problem for each of these

The runner (run.py) first shows every check its bad tree: a check that finds
nothing there is broken, and fails.
"""
import os
import re
import subprocess

LEX = re.compile(r'/\*.*?(?:\*/|\Z)|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                 r"|'(?:\\.|[^'\\\n])*'", re.S)
SKIP = re.compile(r'^(tests/data/|tests/fuzz/(corpus|learnt)/|LICENSE)')


def strip(text):
    """C text with comments and the insides of strings blanked, lines kept."""
    def blank(m):
        s = m.group(0)
        if s[0] == '/':
            return re.sub(r'[^\n]', ' ', s)
        return s[0] + '_' * (len(s) - 2) + s[-1]
    return LEX.sub(blank, text)


class Tree:
    """The repository, or a check's bad sample in a temporary folder."""

    def __init__(self, root, build=None):
        self.root = root
        self.build = build
        self._text = {}
        self._objects = None
        self.paths = sorted(p for p in self._list() if not SKIP.match(p))

    def _list(self):
        if self.build is None:
            for d, _, names in os.walk(self.root):
                for n in names:
                    yield os.path.relpath(os.path.join(d, n), self.root)
            return
        out = subprocess.run(
            ['git', 'ls-files', '-co', '--exclude-standard'], cwd=self.root,
            check=True, capture_output=True, text=True).stdout
        yield from (p for p in out.splitlines()
                    if os.path.isfile(os.path.join(self.root, p)))

    def files(self, pattern):
        """Paths that match a regular expression, from their beginning."""
        return [p for p in self.paths if re.match(pattern, p)]

    def text(self, path):
        if path not in self._text:
            with open(os.path.join(self.root, path), encoding='utf-8',
                      errors='replace') as f:
                self._text[path] = f.read()
        return self._text[path]

    def data(self, name):
        """A table of this folder, or the sample's own: lines without
        comments, split into columns."""
        path = os.path.join(self.root, 'tools/lint', name)
        if not os.path.exists(path):
            path = os.path.join(os.path.dirname(__file__), name)
        with open(path, encoding='utf-8') as f:
            rows = (line.split('#')[0].split() for line in f)
            return [r for r in rows if r]

    def objects(self):
        """{source path: object file} of lib, mesh and cli."""
        if self._objects is None:
            self._objects = (self._compile() if self.build is None
                             else self._built())
        return self._objects

    def _compile(self):
        out = {}
        for path in self.files(r'(lib|mesh|cli)/.*\.c$'):
            obj = os.path.join(self.root, path + '.o')
            subprocess.run(['gcc', '-c', '-O2', '-fPIC', '-w', '-Iinclude',
                            '-Ilib', '-I.', path, '-o', obj], cwd=self.root,
                           check=True)
            out[path] = obj
        return out

    def _built(self):
        out = {}
        for path in self.files(r'(lib|mesh|cli)/.*\.c$'):
            top, rest = path.split('/', 1)
            name = rest.replace('/', '_') + '.o'
            base = os.path.join(self.build, top)
            for d in sorted(os.listdir(base)) if os.path.isdir(base) else []:
                obj = os.path.join(base, d, name)
                if d.endswith('.p') and os.path.exists(obj):
                    out[path] = obj
        return out


def nm(objects, *flags):
    """(source path, type, name) of each symbol of {path: object file}."""
    paths = {obj: path for path, obj in objects.items()}
    out = '' if not paths else subprocess.run(
        ['nm', '-A', *flags, *paths], check=True, capture_output=True,
        text=True).stdout
    for line in out.splitlines():
        obj, rest = line.split(':', 1)
        *_, kind, name = rest.split()
        yield paths[obj], kind, name


class Allow:
    """Rows of allow.txt for a check: what they name is let pass, and a row
    that nothing needs is a problem itself."""

    def __init__(self, tree, check):
        self.rows = {r[1]: ' '.join(r[2:]) for r in tree.data('allow.txt')
                     if r[0] == check} if tree.build else {}
        self.seen = set()

    def __contains__(self, key):
        self.seen.add(key)
        return key in self.rows

    def stale(self):
        return [f'allow.txt: {k}: nothing needs this row any more'
                for k in self.rows if k not in self.seen]
