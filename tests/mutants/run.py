#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [NAME…]

A mutant is a mistake on purpose: a small patch, NAME.patch, whose first lines
say which test must notice it, and why the mistake matters:

    # test: base/quota test_take_charges_up_to_the_root
    # why: what a peer held would never be counted as given back

Every mutant is put into a copy of the tree (build-mutants), built, and its test
run: the test must turn red. One that survives, no longer applies, or does not
build fails the run; so does a test that is red without any mutant. A test is
Meson's name for a program and, where it is one of cmocka, a test in it.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COPY = os.path.join(ROOT, 'build-mutants', 'src')
BUILD = os.path.join(ROOT, 'build-mutants', 'build')
TIMEOUT = 120


def sh(*argv, **kw):
    return subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **kw)


def same(a, b):
    with open(a, 'rb') as f, open(b, 'rb') as g:
        return f.read() == g.read()


def copy_tree():
    """Brings the copy up to date; what is equal keeps its time, so that
    little is built again."""
    listed = sh('git', 'ls-files', '-co', '--exclude-standard', cwd=ROOT)
    paths = [p for p in listed.stdout.splitlines()
             if os.path.isfile(os.path.join(ROOT, p))]
    for path in paths:
        src, dst = os.path.join(ROOT, path), os.path.join(COPY, path)
        if not os.path.exists(dst) or not same(src, dst):
            os.makedirs(os.path.dirname(dst), exist_ok=True)
            shutil.copyfile(src, dst)
            shutil.copymode(src, dst)
    for top, _, names in os.walk(COPY):
        for name in names:
            path = os.path.relpath(os.path.join(top, name), COPY)
            if path not in paths:
                os.remove(os.path.join(top, name))


def programs():
    """{Meson's name of a test: (what ninja builds, command)}."""
    if not os.path.exists(os.path.join(BUILD, 'build.ninja')):
        done = sh('meson', 'setup', BUILD, COPY, '-Dbuildtype=debug')
        if done.returncode != 0:
            sys.exit(done.stdout)
    sh('ninja', '-C', BUILD, 'build.ninja')
    out = sh('meson', 'introspect', '--tests', BUILD).stdout
    return {t['name']: (os.path.relpath(t['cmd'][0], BUILD), t['cmd'])
            for t in json.loads(out)}


def build(target):
    return sh('ninja', '-C', BUILD, target)


def verdict(program, case):
    """'green', 'red', or what else happened, of a program that is built."""
    try:
        done = sh(*program[1], timeout=TIMEOUT, cwd=BUILD)
    except subprocess.TimeoutExpired:
        return 'red'
    if done.returncode == 0:
        return 'green'
    if not case:
        return 'red'
    began = re.findall(r'\[ RUN      \] (\w+)', done.stdout)
    crashed = done.returncode < 0 and began and began[-1] == case
    failed = re.search(rf'\[  FAILED  \] {case}$', done.stdout, re.M)
    if crashed or failed:
        return 'red'
    others = re.findall(r'\[  FAILED  \] (\w+)$', done.stdout, re.M)
    return f'red elsewhere: {", ".join(sorted(set(others or began[-1:])))}'


def mutate(path, tests):
    """What is wrong with a mutant, or None if its test notices it."""
    with open(path, encoding='utf-8') as f:
        head = re.search(r'^# test: (\S+)(?: (\w+))?\n# why: (.+)$', f.read(),
                         re.M)
    if not head:
        return 'its first lines are not `# test:` and `# why:`'
    name, case = head.group(1), head.group(2)
    if name not in tests:
        return f'no test is called {name}'
    target = tests[name][0]
    done = build(target)
    if done.returncode != 0:
        return 'the tree does not build:\n' + done.stdout[-2000:]
    if verdict(tests[name], case) != 'green':
        return f'{name} is red without it'
    done = sh('patch', '-p1', '--no-backup-if-mismatch', '-r', '-', '-i',
              path, cwd=COPY)
    if done.returncode != 0:
        return 'no longer applies: ' + done.stdout.strip()
    done = build(target)
    if done.returncode != 0:
        return 'does not build:\n' + done.stdout[-2000:]
    result = verdict(tests[name], case)
    return {'red': None, 'green': f'survives {name} {case or ""}'}.get(
        result, result)


def main():
    names = sys.argv[1:] or sorted(p[:-6] for p in os.listdir(HERE)
                                   if p.endswith('.patch'))
    copy_tree()
    tests = programs()
    survivors = 0
    for name in names:
        start = time.monotonic()
        wrong = mutate(os.path.join(HERE, name + '.patch'), tests)
        copy_tree()
        word = 'FAIL' if wrong else 'ok  '
        survivors += bool(wrong)
        print(f'{word} {name} ({time.monotonic() - start:.1f} s)'
              f'{": " + wrong if wrong else ""}', flush=True)
    print(f'mutants: {len(names) - survivors} noticed, {survivors} not')
    return survivors != 0


if __name__ == '__main__':
    sys.exit(main())
