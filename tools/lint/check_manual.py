# SPDX-License-Identifier: MIT OR Apache-2.0
"""Manual pages are sound mdoc, those that are made of the public headers to
the last hint; and every link and make target that a document names exists."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'api'))

import man3  # noqa: E402

LINK = re.compile(r'\]\((?!https?://|mailto:|#)([^)#\s]+)')
MAKE = re.compile(r'`make ([a-z][a-z-]*)')
TARGET = re.compile(r'^([a-z][a-z-]*):', re.M)


def manual(root, path, level='warning'):
    r = subprocess.run(['mandoc', '-Tlint', '-W' + level, path], cwd=root,
                       capture_output=True, text=True, check=False)
    for line in (r.stdout + r.stderr).splitlines():
        if 'referenced manual not found: Xr p2p' not in line:
            yield re.sub(r'^mandoc: ', '', line)


def generated(tree):
    """What is wrong in the pages of section 3; and how many there are."""
    pages = list(man3.pages(os.path.join(tree.root, 'include/p2p'),
                            os.path.join(tree.root, 'docs/man/p2p.1')))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in pages:
            with open(os.path.join(folder, name), 'w', encoding='utf-8') as f:
                f.write(text)
        return len(pages), [line for name, _ in pages
                            for line in manual(folder, name, 'style')]


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
        problems += manual(tree.root, path)
    for path in texts:
        problems += document(tree, path, targets)
    count, found = generated(tree) if 'docs/man/p2p.1' in pages else (0, [])
    return len(pages) + len(texts) + count, problems + found


BAD = {'docs/man/p2p.1': '.Dd someday\n',
       'include/p2p/y.h': '/**\n * @file\n * Y.\n */\n',
       'docs/man/x.1': '.Dd today\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Bogus\n',
       'Makefile': 'all:\n',
       'docs/a.md': '[b](b.md), `make all`, `make coffee`\n'}
WANT = [r'x.1:6.*Bogus',
        r'p2p_y.3:.*date', r'links to b.md', r'`make coffee`']
