# SPDX-License-Identifier: MIT OR Apache-2.0
"""Common misspellings (codespell); spelling.txt has the words that are right
here."""
import os
import subprocess

WORDS = os.path.join(os.path.dirname(__file__), 'spelling.txt')


def check(tree):
    paths = [p for p in tree.paths
             if not p.endswith(('.json', '.sum', '.patch', 'spelling.txt',
                                  'private.txt'))]
    r = subprocess.run(['codespell', '-I', WORDS, *paths], cwd=tree.root,
                       capture_output=True, text=True, check=False)
    return len(paths), r.stdout.splitlines()


BAD = {'docs/a.md': 'We rec' 'ieve bytes.\n'}
WANT = [r'a.md:1: rec' 'ieve ==> receive']
