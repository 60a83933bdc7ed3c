# SPDX-License-Identifier: MIT OR Apache-2.0
"""Functions that can be read at once: length, branches, nesting, parameters,
gotos; and files that are one noun. The thresholds are CONTRIBUTING.md's."""
import re
import statistics

import common

LINES, BRANCHES, NESTING, PARAMS = 60, 15, 3, 5
MEDIAN, FILE, FILE_MEDIAN, TEST_FILE = 15, 800, 250, 1000
BRANCH = re.compile(r'\b(?:if|for|while|case)\b|&&|\|\||\?')
CLEAN_UP = re.compile(r'(?:^|_)(?:out|err|error|fail|failed|done|cleanup|'
                      r'free|close|end|give|undo)(?:_|$)')
NOTE = ''


def functions(text):
    """(name, line, parameters, body) of each definition: clang-format puts
    a function's braces, and no others, alone into the first column."""
    lines = common.strip(text).split('\n')
    start = None
    for n, line in enumerate(lines):
        if line == '{':
            start = n
        elif line == '}' and start is not None:
            head = n0 = start
            while head > 0 and lines[head - 1].strip() and \
                    lines[head - 1][0] not in '}#':
                head -= 1
            sign = ' '.join(lines[head:n0])
            m = re.search(r'(\w+)\s*\(', re.sub(
                r'__attribute__\s*\(\(.*?\)\)\)?', '', sign))
            if m:
                yield (m.group(1), head + 1, sign[sign.index(m.group(0)):],
                       lines[head:n + 1])
            start = None


def parameters(sign):
    """How many a signature has: commas that are in no inner parentheses."""
    inner = sign[sign.index('(') + 1:sign.rindex(')')]
    if inner.strip() in ('', 'void'):
        return 0
    depth = count = 0
    for c in inner:
        depth += (c in '([') - (c in ')]')
        count += c == ',' and depth == 0
    return count + 1


def nesting(body):
    """Levels of braces inside of the function's own."""
    depth = most = 0
    for c in ''.join(body):
        depth += (c == '{') - (c == '}')
        most = max(most, depth)
    return most - 1


def measures(sign, body):
    text = '\n'.join(body)
    cases = max(0, len(re.findall(r'\bcase\b', text)) - 1)
    # A switch that only maps counts as one branch, whatever its cases.
    plain = cases and not re.search(r'\b(?:if|for|while)\b', text)
    yield 'lines', len(body), LINES
    yield 'branches', (1 + len(BRANCH.findall(text)) -
                       (cases if plain else 0)), BRANCHES
    yield 'levels', nesting(body), NESTING
    yield 'parameters', parameters(sign), PARAMS


def check(tree):
    global NOTE
    allow = common.Allow(tree, 'size')
    problems, lengths, sizes = [], [], []
    for path in tree.files(r'(lib|mesh|cli|tools|examples)/.*\.[ch]$'):
        text = tree.text(path)
        lines = text.count('\n')
        if path.endswith('.c'):
            sizes.append(lines)
        if lines > FILE and path not in allow:
            problems.append(f'{path}: {lines} lines, at most {FILE}')
        for name, row, sign, body in functions(text):
            lengths.append(len(body))
            key = f'{path}:{name}'
            for what, n, most in measures(sign, body):
                if n > most and key not in allow:
                    problems.append(f'{path}:{row}: {name} has {n} {what}, '
                                    f'at most {most}')
            for label in re.findall(r'\bgoto\s+(\w+)', '\n'.join(body)):
                if not CLEAN_UP.search(label):
                    problems.append(f'{path}:{row}: {name}: goto {label} is '
                                    'no clean-up')
    for path in tree.files(r'tests/.*\.[ch]$'):
        lines = tree.text(path).count('\n')
        if lines > TEST_FILE and path not in allow:
            problems.append(f'{path}: {lines} lines, at most {TEST_FILE}')
    if lengths:
        lengths.sort()
        p95 = lengths[len(lengths) * 95 // 100]
        median, files = statistics.median(lengths), statistics.median(sizes)
        NOTE = (f' function lines: median {median:g}, p95 {p95}, max '
                f'{lengths[-1]}; file lines: median {files:g}')
        if median > MEDIAN or files > FILE_MEDIAN:
            problems.append(f'median above {MEDIAN} or {FILE_MEDIAN}:{NOTE}')
    return len(lengths), problems + allow.stale()


BAD = {'lib/base/long.c': 'int f(void)\n{\n' + '    g();\n' * 70 + '}\n',
       'lib/base/wide.c': 'int f(int a, int (*b)(int, int), int c, int d,\n'
                          '      int e, int g)\n{\n    goto again;\n}\n',
       'lib/base/deep.c': 'int f(int a)\n{\n' + '    if (a) {\n' * 4 +
                          '    }\n' * 4 + '}\n',
       'lib/base/knot.c': 'int f(int a)\n{\n    return ' + 'a && ' * 15 +
                          'a;\n}\n',
       'lib/base/big.c': '\n' * 801}
WANT = [r'long.c:1: f has 73 lines', r'wide.c:1: f has 6 parameters',
        r'goto again', r'deep.c:1: f has 4 levels',
        r'knot.c:1: f has 16 branches', r'big.c: 801 lines']
