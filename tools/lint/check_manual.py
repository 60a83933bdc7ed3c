# SPDX-License-Identifier: MIT OR Apache-2.0
"""Manual pages are sound mdoc, and every link and make target that a
document names exists."""
import os
import re
import subprocess

LINK = re.compile(r'\]\((?!https?://|mailto:|#)([^)#\s]+)')
MAKE = re.compile(r'`make ([a-z][a-z-]*)')
TARGET = re.compile(r'^([a-z][a-z-]*):', re.M)


def manual(tree, path):
    r = subprocess.run(['mandoc', '-Tlint', '-Wwarning', path], cwd=tree.root,
                       capture_output=True, text=True, check=False)
    for line in (r.stdout + r.stderr).splitlines():
        yield re.sub(r'^mandoc: ', '', line)


def document(tree, path, targets):
    text = tree.text(path)
    for link in LINK.findall(text):
        full = os.path.normpath(os.path.join(os.path.dirname(path), link))
        if not os.path.exists(os.path.join(tree.root, full)):
            yield f'{path}: links to {link}, which is not there'
    for target in MAKE.findall(text):
        if target not in targets:
            yield f'{path}: `make {target}` is no target'


def check(tree):
    problems = []
    targets = set()
    if 'Makefile' in tree.paths:
        targets = set(TARGET.findall(tree.text('Makefile')))
    pages = tree.files(r'docs/man/.*\.[1-8]$')
    texts = tree.files(r'(?!tests/data/).*\.md$')
    for path in pages:
        problems += manual(tree, path)
    for path in texts:
        problems += document(tree, path, targets)
    return len(pages) + len(texts), problems


BAD = {'docs/man/x.1': '.Dd today\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Bogus\n',
       'Makefile': 'all:\n',
       'docs/a.md': '[b](b.md), `make all`, `make coffee`\n'}
WANT = [r'x.1:6.*Bogus', r'links to b.md', r'`make coffee`']
