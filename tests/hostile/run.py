#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [PART…]

For each row of rows.txt whose cap's name contains a PART (without any: for
all): a test in which a hostile peer drives us to the cap must pass, and it
must fail when the cap is removed. It is removed in a copy of the tree
(build-hostile): its #define gets the row's value, and where tests name the cap
they get the number that it had; so a test fails only because of what happens.

Failing means that an assertion of the test itself fails. A crash, a wrong
test, too much memory or time are no proof, unless the row says so.
"""
import os
import re
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'mutants'),
                os.path.join(HERE, '..', '..', 'tools'),
                os.path.join(HERE, '..', '..', 'tools', 'lint')]
import common  # noqa: E402
import gen_limits  # noqa: E402
import rows as table  # noqa: E402
import tree  # noqa: E402

TIMEOUT = 60
MEMORY = 6 << 30
ASSERTED = re.compile(r'^\[   LINE   \] --- .*: error: Failure!$', re.M)


def bound():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Hostile:
    def __init__(self):
        self.copy = tree.Copy('build-hostile')
        self.copy.renew()
        self.tests = self.copy.programs()
        self.source = common.Tree(tree.ROOT, '-')
        self.where = {c.name: c.where for c in gen_limits.caps(self.source)}
        self.only = os.path.join(self.copy.build_dir, 'only.so')
        done = tree.sh('cc', '-shared', '-fPIC', '-o', self.only,
                       os.path.join(HERE, 'only.c'))
        if done.returncode != 0:
            sys.exit(done.stdout)

    def put(self, path, text):
        """Writes a file of the copy; an equal one keeps its time."""
        full = os.path.join(self.copy.src, path)
        with open(full, encoding='utf-8') as f:
            if f.read() == text:
                return
        with open(full, 'w', encoding='utf-8') as f:
            f.write(text)

    def remove(self, row, touched):
        """Removes a cap from the copy; what `touched` names from before and
        is not touched now comes back."""
        header = self.where[row.cap]
        define = re.compile(rf'^(#define {row.cap}[ \t]+)(.*)$', re.M)
        text = self.source.text(header)
        was = define.search(text).group(2).split('/*')[0].strip()
        new = {header: define.sub(rf'\g<1>{row.value}', text)}
        for path in self.source.files(r'tests/.*\.[ch]$'):
            text = self.source.text(path)
            if row.cap in text:
                new[path] = re.sub(rf'\b{row.cap}\b', f'({was})', text)
        for path in touched - set(new):
            self.put(path, self.source.text(path))
        for path, text in new.items():
            self.put(path, text)
        return set(new)

    def verdict(self, row):
        """green, red, or what else happened."""
        env = {**os.environ, 'LD_PRELOAD': self.only, 'ONLY_CASE': row.case}
        code, output = self.copy.run(self.tests[row.program][1], TIMEOUT,
                                     env=env, preexec_fn=bound)
        if code == 0:
            ran = f'[       OK ] {row.case}\n' in output
            return 'green' if ran else f'{row.program} has no {row.case}'
        if code is None:
            return f'not done after {TIMEOUT} s'
        if row.case in tree.failed(output) and ASSERTED.search(output):
            return 'red'
        if row.how == 'crash' and tree.began(output)[-1:] == [row.case]:
            return 'red'
        return f'fails by accident ({code}):\n{output[-1500:]}'

    def with_cap(self, rows):
        """{(program, case): what is wrong when nothing is removed}"""
        wrong = {}
        targets = sorted({self.tests[r.program][0] for r in rows
                          if r.program in self.tests})
        built = tree.sh('ninja', '-C', self.copy.build_dir, *targets)
        if built.returncode != 0:
            sys.exit('the tree does not build:\n' + built.stdout[-2000:])
        for row in rows:
            key = row.program, row.case
            if row.cap not in self.where:
                wrong[key] = f'there is no {row.cap}'
            elif row.program not in self.tests:
                wrong[key] = f'no test is called {row.program}'
            elif key not in wrong:
                result = self.verdict(row)
                wrong[key] = '' if result == 'green' else \
                    'with its cap: ' + result
        return wrong

    def without_cap(self, row, touched):
        """What is wrong with a row, and the files that were touched."""
        touched = self.remove(row, touched)
        wrong = self.copy.build(self.tests[row.program][0])
        if wrong:
            return 'does not build:\n' + wrong, touched
        result = self.verdict(row)
        return {'red': '', 'green': 'passes without its cap'}.get(
            result, 'without its cap: ' + result), touched


def main():
    with open(os.path.join(HERE, 'rows.txt'), encoding='utf-8') as f:
        rows, wrong = table.parse(f.read())
    if wrong:
        sys.exit('\n'.join(wrong))
    rows = [r for r in rows if not sys.argv[1:] or
            any(part in r.cap for part in sys.argv[1:])]
    hostile = Hostile()
    rows.sort(key=lambda r: (hostile.where.get(r.cap, ''), r.program))
    green = hostile.with_cap(rows)
    touched, bad = set(), 0
    for row in rows:
        start = time.monotonic()
        wrong = green[row.program, row.case]
        if not wrong:
            wrong, touched = hostile.without_cap(row, touched)
        bad += bool(wrong)
        print(f'{"FAIL" if wrong else "ok  "} {row.cap} '
              f'({time.monotonic() - start:.1f} s)'
              f'{": " + wrong if wrong else ""}', flush=True)
    hostile.copy.renew()
    print(f'hostile: {len(rows) - bad} caps hold and are needed, {bad} not')
    return bad != 0 or not rows


if __name__ == '__main__':
    sys.exit(main())
