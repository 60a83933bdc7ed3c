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
import os
import re
import sys
import time

import tree

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 120


def verdict(copy, program, case):
    """'green', 'red', or what else happened, of a program that is built."""
    code, output = copy.run(program[1], TIMEOUT)
    if code == 0:
        return 'green'
    if code is None or not case:
        return 'red'
    began = tree.began(output)
    failed = tree.failed(output)
    if case in failed or (code < 0 and began[-1:] == [case]):
        return 'red'
    return f'red elsewhere: {", ".join(sorted(failed or began[-1:]))}'


def mutate(copy, path, tests):
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
    wrong = copy.build(target)
    if wrong:
        return 'the tree does not build:\n' + wrong
    if verdict(copy, tests[name], case) != 'green':
        return f'{name} is red without it'
    done = tree.sh('patch', '-p1', '--no-backup-if-mismatch', '-r', '-', '-i',
                   path, cwd=copy.src)
    if done.returncode != 0:
        return 'no longer applies: ' + done.stdout.strip()
    wrong = copy.build(target)
    if wrong:
        return 'does not build:\n' + wrong
    result = verdict(copy, tests[name], case)
    return {'red': None, 'green': f'survives {name} {case or ""}'}.get(
        result, result)


def main():
    names = sys.argv[1:] or sorted(p[:-6] for p in os.listdir(HERE)
                                   if p.endswith('.patch'))
    copy = tree.Copy('build-mutants')
    copy.renew()
    tests = copy.programs()
    survivors = 0
    for name in names:
        start = time.monotonic()
        wrong = mutate(copy, os.path.join(HERE, name + '.patch'), tests)
        copy.renew()
        word = 'FAIL' if wrong else 'ok  '
        survivors += bool(wrong)
        print(f'{word} {name} ({time.monotonic() - start:.1f} s)'
              f'{": " + wrong if wrong else ""}', flush=True)
    print(f'mutants: {len(names) - survivors} noticed, {survivors} not')
    return survivors != 0


if __name__ == '__main__':
    sys.exit(main())
