#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: count.py meson BUILDDIR | lines FILE | pytest FILE

Prints `counts: PASSED FAILED SKIPPED` for the runner: of Meson's last test
run (each cmocka test counts), of lines that begin with ok, FAIL or skip, or
of pytest's last line.
"""
import json
import os
import re
import sys


def meson(build):
    """A program of cmocka counts as its tests; any other as one."""
    passed = failed = skipped = 0
    with open(os.path.join(build, 'meson-logs/testlog.json'),
              encoding='utf-8') as f:
        for line in f:
            t = json.loads(line)
            text = t.get('stdout', '') + t.get('stderr', '')
            ok = re.findall(r'^\[  PASSED  \] (\d+) test', text, re.M)
            bad = re.findall(r'^\[  FAILED  \] (\d+) test', text, re.M)
            skip = re.findall(r'^\[  SKIPPED \] (\d+) test', text, re.M)
            passed += sum(map(int, ok))
            failed += sum(map(int, bad))
            skipped += sum(map(int, skip))
            if t['result'] == 'SKIP':
                skipped += not skip
            elif t['result'] in ('OK', 'EXPECTEDFAIL'):
                passed += not ok
            else:  # a crash or a timeout has no line of its own
                failed += not bad
    return passed, failed, skipped


def lines(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        text = f.read()
    return tuple(len(re.findall(rf'^{word}\b', text, re.M))
                 for word in ('ok', 'FAIL', 'skip'))


def pytest(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        last = [x for x in f if re.search(r' in [\d.:]+s', x)][-1]
    n = {word: int(k) for k, word in re.findall(r'(\d+) (\w+)', last)}
    return (n.get('passed', 0) + n.get('xfailed', 0),
            n.get('failed', 0) + n.get('error', 0) + n.get('errors', 0),
            n.get('skipped', 0))


if __name__ == '__main__':
    count = {'meson': meson, 'lines': lines, 'pytest': pytest}[sys.argv[1]]
    print('counts:', *count(sys.argv[2]))
