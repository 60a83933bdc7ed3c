# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/must-survive.md is true: the tests and mutants that it names
exist, each mutant's test is in its row, and none with a T-number is left out.
"""
import re

TABLE = 'docs/reference/must-survive.md'
ROW = re.compile(r'^\| T(\d+) \|[^|]*\|([^|]*)\|([^|]*)\|$', re.M)
SUITE = re.compile(r'`(\w+/\w+)`: ((?:`\w+`(?:, )?)+)')
CASE = re.compile(r'^static void (test_\w+)\(', re.M)
# A test in Python: its file, and functions of it.
PYTHON = re.compile(r'`(tests/\w+/test_\w+\.py)`: ((?:`\w+`(?:, )?)+)')
HEAD = re.compile(r'^# test: (\S+) (\w+)$', re.M)
# Rows of which nothing is known that could be tested.
UNKNOWN = {28}


def source(suite):
    """Where the cases of a test are: its Meson name is folder/noun."""
    return 'tests/unit/' + '/test_'.join(suite.split('/')) + '.c'


def rows(tree):
    """{number: ({(suite, case), …}, {mutant, …})}."""
    out = {}
    for number, tests, mutants in ROW.findall(tree.text(TABLE)):
        cases = {(s, c) for s, cs in SUITE.findall(tests)
                 for c in re.findall(r'`(\w+)`', cs)}
        out[int(number)] = cases, set(re.findall(r'`([\w-]+)`', mutants))
    return out


def check_tests(tree, table):
    for number, (cases, _) in table.items():
        for suite, case in sorted(cases):
            path = source(suite)
            text = tree.text(path) if path in tree.paths else ''
            # Defined once, and once on the list of those that run.
            if len(re.findall(rf'\b{case}\b', text)) < 2:
                yield f'T{number}: {path} runs no {case}'
    for path in tree.files(r'tests/unit/\w+/test_\w+\.c$'):
        suite = path[len('tests/unit/'):-2].replace('/test_', '/')
        for case in CASE.findall(tree.text(path)):
            m = re.match(r'test_T(\d+)_', case)
            if m and (suite, case) not in table.get(int(m.group(1)),
                                                    (set(), 0))[0]:
                yield f'{path}: {case} is not in row T{m.group(1)}'


def python_tests(tree):
    """[(file, function), …] of the rows without a number."""
    return [(path, name) for path, names in PYTHON.findall(tree.text(TABLE))
            for name in re.findall(r'`(\w+)`', names)]


def check_python(tree):
    for path, name in python_tests(tree):
        text = tree.text(path) if path in tree.paths else ''
        if not re.search(rf'^def {name}\(', text, re.M):
            yield f'{path} has no {name}'


def check_mutants(tree, table):
    for number, (cases, mutants) in table.items():
        for name in sorted(mutants):
            path = f'tests/mutants/{name}.patch'
            head = HEAD.search(tree.text(path) if path in tree.paths else '')
            if not head:
                yield f'T{number}: there is no mutant {name}'
            elif head.groups() not in cases:
                yield (f'T{number}: {name} is to turn {head.group(2)} red, '
                       'which is not in its row')
    for path in tree.files(r'tests/mutants/[\w-]+\.patch$'):
        name = path[len('tests/mutants/'):-len('.patch')]
        m = re.search(r'-T(\d+)-', name)
        if m and name not in table.get(int(m.group(1)), (0, set()))[1]:
            yield f'{path} is not in row T{m.group(1)}'


def check(tree):
    if TABLE not in tree.paths:
        return 0, [f'there is no {TABLE}']
    table = rows(tree)
    problems = [f'T{n} has no {what}' for n, row in table.items()
                for what, names in zip(('test', 'mutant'), row)
                if not names and n not in UNKNOWN]
    problems += check_tests(tree, table)
    problems += check_python(tree)
    problems += check_mutants(tree, table)
    checked = sum(len(c) + len(m) for c, m in table.values())
    return checked + len(python_tests(tree)), problems


BAD = {TABLE: '| T1 | A. | `mux/y`: `test_T1_a`, `test_gone`, `test_idle` | '
              '`y-T1-a`, `y-gone` |\n'
              '| T2 | B. | none | none |\n'
              '| T3 | C. | `mux/y`: `test_T1_a` | `y-T3-b` |\n'
              '| D. | `tests/e2e/test_z.py`: `test_is`, `test_was` |\n',
       'tests/e2e/test_z.py': 'def test_is():\n    pass\n',
       'tests/unit/mux/test_y.c':
           'static void test_T1_a(void **s)\n{\n}\n'
           'static void test_T1_more(void **s)\n{\n}\n'
           'static void test_idle(void **s)\n{\n}\n'
           'int x = cmocka_unit_test(test_T1_a);\n',
       'tests/mutants/y-T1-a.patch': '# test: mux/y test_T1_a\n# why: a\n',
       'tests/mutants/y-T1-b.patch': '# test: mux/y test_T1_a\n# why: b\n',
       'tests/mutants/y-T3-b.patch': '# test: mux/y test_idle\n# why: b\n'}
WANT = [r'T1: \S+test_y.c runs no test_gone', r'T1: \S+ runs no test_idle',
        r'tests/e2e/test_z.py has no test_was',
        r'test_T1_more is not in row T1', r'T2 has no test',
        r'T2 has no mutant', r'T1: there is no mutant y-gone',
        r'y-T1-b.patch is not in row T1',
        r'T3: y-T3-b is to turn test_idle red']
