# SPDX-License-Identifier: MIT OR Apache-2.0
"""Shell and Python scripts parse; those that start with #! may be run; our
Python stays short."""
import ast
import os
import subprocess

LONG = 150


def shell(tree, path):
    r = subprocess.run(['bash', '-n', path], cwd=tree.root, check=False,
                       capture_output=True, text=True)
    yield from r.stderr.splitlines()


def python(tree, path):
    text = tree.text(path)
    try:
        ast.parse(text, path)
    except SyntaxError as e:
        yield f'{path}:{e.lineno}: {e.msg}'
    if path.startswith('tools/lint/') and text.count('\n') > LONG:
        yield f'{path}: {text.count(chr(10))} lines, at most {LONG}'


def check(tree):
    problems = []
    paths = tree.files(r'.*\.(sh|py)$|\.ci/run$')
    for path in paths:
        kind = python if path.endswith('.py') else shell
        problems += kind(tree, path)
        marked = tree.text(path).startswith('#!')
        if marked and not os.access(os.path.join(tree.root, path), os.X_OK):
            problems.append(f'{path}: begins with #! and may not be run')
    return len(paths), problems


BAD = {'tools/a.sh': '#!/bin/bash\nif true\n', 'tools/b.py': 'def f(:\n'}
WANT = [r'a.sh: line \d', r'b.py:1', r'may not be run']
