#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py BUILDDIR [--write] [CHECK…]

Runs the checks of this folder, two at a time, each first on its own bad
sample. One line a check; what it found below it. --write: renews the files
that are generated (exported symbols, limits) instead of comparing them.
"""
import glob
import importlib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import common

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHOWN = 25


def self_test(module):
    """Problems of a check that does not find what is wrong in its sample."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in module.BAD.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as f:
                f.write(text)
        _, found = module.check(common.Tree(root))
    return [f'self-test: does not find /{want}/ in its bad sample: {found}'
            for want in module.WANT
            if not any(re.search(want, p) for p in found)]


def run(name, build):
    start = time.monotonic()
    module = importlib.import_module('check_' + name)
    try:
        problems = self_test(module)
        count, found = module.check(common.Tree(ROOT, build))
        problems += found
        if count == 0:
            problems.append('looked at nothing')
    except Exception as e:  # a check that breaks is a check that fails
        count, problems = 0, [f'{type(e).__name__}: {e}']
    return name, count, problems, time.monotonic() - start, \
        getattr(module, 'NOTE', '')


def main():
    build = os.path.abspath(sys.argv[1])
    args = sys.argv[2:]
    if '--write' in args:
        args.remove('--write')
        os.environ['LINT_WRITE'] = '1'
    names = args or sorted(os.path.basename(p)[6:-3] for p in
                           glob.glob(os.path.join(HERE, 'check_*.py')))
    failed = 0
    with ProcessPoolExecutor(2) as pool:
        for name, count, problems, secs, note in pool.map(
                run, names, [build] * len(names)):
            word = 'FAIL' if problems else 'ok  '
            failed += bool(problems)
            print(f'{word} {name} ({count} checked, {secs:.1f} s){note}')
            for p in problems[:SHOWN]:
                print('     ' + p)
            if len(problems) > SHOWN:
                print(f'     … and {len(problems) - SHOWN} more')
    print(f'lint: {len(names) - failed} ok, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
