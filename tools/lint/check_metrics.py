# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/metrics.md lists the families of GET /metrics; the list is
made of their table. What packaging/ asks for is in it."""
import os
import re

TABLE = 'mesh/app/families.c'
HEADER = 'mesh/app/families.h'
PAGE = 'docs/reference/metrics.md'
BEGIN = '<!-- families: make lint-write -->\n'
END = '<!-- end of families -->\n'
ROW = re.compile(r'\{\{"(?P<name>\w+)",\s*UM_METRIC_(?P<type>\w+),\s*'
                 r'"(?P<unit>\w*)",\s*(?P<help>(?:"(?:[^"\\]|\\.)*"\s*)+)\},\s*'
                 r'"(?P<labels>[^"]*)",\s*UM_WHEN_(?P<when>\w+),')
WHEN = {'ALWAYS': '', 'MESH': 'in a mesh', 'UNIT': 'where there is a Unit',
        'SEEN': 'once Unit was seen', 'GUEST': "in the article's mode",
        'ROUTER': 'with `portmap`'}
SUFFIX = {'COUNTER': '_total', 'INFO': '_info'}
NAME = re.compile(r'\bunitmesh_[a-z0-9_]+')


def families(text):
    """The rows of the table, each a dictionary."""
    rows = []
    for m in ROW.finditer(text):
        row = m.groupdict()
        row['help'] = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', row['help']))
        row['shown'] = row['name'] + SUFFIX.get(row['type'], '')
        rows.append(row)
    return rows


def listing(rows):
    """The list as it stands in the page."""
    out = ['| metric | what | labels | type | when |\n|---|---|---|---|---|\n']
    for r in rows:
        labels = ', '.join(f'`{x}`' for x in re.findall(r'\w+', r['labels']))
        out.append(f'| `{r["shown"]}` | {r["help"]} | {labels} | '
                   f'{r["type"].lower()} | {WHEN[r["when"]]} |\n')
    return ''.join(out)


def wrong(rows):
    """What is wrong with names and help."""
    names = [r['name'] for r in rows]
    for r in rows:
        if not r['name'].startswith('unitmesh_'):
            yield f'{TABLE}: {r["name"]} does not begin with unitmesh_'
        if re.search(r'_(total|info|count|sum|bucket)$', r['name']):
            yield f'{TABLE}: {r["name"]} ends as its samples do'
        if names.count(r['name']) > 1:
            yield f'{TABLE}: two rows of {r["name"]}'
        if not r['help'].endswith('.'):
            yield f'{TABLE}: the help of {r["name"]} is no sentence'


def asked(tree, rows):
    """Names in packaging/ that nothing tells."""
    known = {r['shown'] for r in rows}
    for r in rows:
        if r['type'] == 'HISTOGRAM':
            known |= {r['name'] + s for s in ('_bucket', '_sum', '_count')}
    for path in tree.files(r'packaging/(prometheus|grafana)/.*'):
        for name in sorted(set(NAME.findall(tree.text(path))) - known):
            yield f'{path}: nothing tells {name}'


def check(tree):
    text = tree.text(TABLE)
    rows = families(text)
    problems = list(wrong(rows)) + list(asked(tree, rows))
    if len(rows) != text.count('{{"'):
        problems.append(f'{TABLE}: a row that cannot be read')
    size = re.search(r'#define UM_FAMILIES (\d+)U', tree.text(HEADER))
    if not size or int(size[1]) != len(rows):
        problems.append(f'{HEADER}: UM_FAMILIES is not {len(rows)}')
    page = tree.text(PAGE) if PAGE in tree.paths else ''
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    want = head + BEGIN + listing(rows) + END + tail
    if os.environ.get('LINT_WRITE') and tree.build:
        with open(os.path.join(tree.root, PAGE), 'w', encoding='utf-8') as f:
            f.write(want)
    elif page != want:
        problems.append(f'{PAGE} is stale: make lint-write')
    return len(rows), problems


BAD = {TABLE: 'x[] = {\n'
              '    {{"unitmesh_a_total", UM_METRIC_COUNTER, "", "A"},\n'
              '     "", UM_WHEN_MESH, .put = a},\n'
              '    {{"other", UM_METRIC_GAUGE, "", "A " "b."},\n'
              '     "", UM_WHEN_ALWAYS, .put = a},\n'
              '    {{"other", UM_METRIC_GAUGE, "", "B."},\n'
              '     "", UM_WHEN_ALWAYS, .put = a},\n    {{"odd"}},\n};\n',
       HEADER: '#define UM_FAMILIES 7U\n',
       'packaging/prometheus/a.yml': 'expr: unitmesh_gone > 0\n',
       PAGE: 'old\n'}
WANT = [r'ends as its samples do', r'no sentence', r'does not begin',
        r'two rows of other', r'cannot be read', r'is not 3',
        r'nothing tells unitmesh_gone', r'stale']
