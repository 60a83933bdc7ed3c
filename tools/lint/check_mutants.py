# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each mistake of tests/mutants says what it is, and applies: CI plays a part
of them a day, and a stale one would be found days later."""
import os
import re
import subprocess

HEAD = re.compile(r'# test: \S+( \w+)?\n# why: .+\n--- a/')


def check(tree):
    problems = []
    paths = tree.files(r'tests/mutants/.*\.patch$')
    for path in paths:
        if not HEAD.match(tree.text(path)):
            problems.append(f'{path}:1: not `# test:`, `# why:`, the patch')
        done = subprocess.run(
            ['patch', '-p1', '--dry-run', '-f', '-s', '-i',
             os.path.abspath(os.path.join(tree.root, path))],
            cwd=tree.root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            problems.append(f'{path}: does not apply')
    return len(paths), problems


PATCH = ('# test: a/b test_c\n# why: it matters\n--- a/lib/base/a.c\n'
         '+++ b/lib/base/a.c\n@@ -1 +1 @@\n-int a;\n+int b;\n')
BAD = {'lib/base/a.c': 'int c;\n', 'tests/mutants/a.patch': PATCH,
       'tests/mutants/b.patch': '# why: no test\n' +
       PATCH[PATCH.index('---'):].replace('int a', 'int c')}
WANT = [r'a.patch: does not apply', r'b.patch:1: not `# test']
