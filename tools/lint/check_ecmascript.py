# SPDX-License-Identifier: MIT OR Apache-2.0
"""The page and its tests: a licence on top, 80 columns, no space at the end;
and node reads each file, where there is one."""
import re
import shutil
import subprocess

SPDX = 'SPDX-License-Identifier: MIT OR Apache-2.0'
COLUMNS = 80
NOTE = ''
READ = '''
for (const path of process.argv.slice(1)) {
    try {
        new (require('vm').SourceTextModule)(
            require('fs').readFileSync(path, 'utf8'), {identifier: path});
    } catch (e) {
        console.log(path);
    }
}
'''


def form(tree, path):
    text = tree.text(path)
    if SPDX not in text.split('\n', 1)[0]:
        yield f'{path}: no licence line'
    for n, line in enumerate(text.splitlines(), 1):
        columns = len(line.expandtabs(8))
        if columns > COLUMNS and not re.search(r'https?://', line):
            yield f'{path}:{n}: {columns} columns'
        if line != line.rstrip():
            yield f'{path}:{n}: space at the end'


def run(node, tree, *args):
    return subprocess.run([node, *args], cwd=tree.root, check=False,
                          capture_output=True, text=True)


def parses(node, tree, paths):
    """One node looks at all of them, as each start takes long; those that it
    cannot read are asked again, for the place."""
    r = run(node, tree, '--no-warnings', '--experimental-vm-modules', '-e',
            READ, *paths)
    if r.returncode != 0:
        yield f'node ended with {r.returncode}: {r.stderr}'
    for path in r.stdout.splitlines():
        said = run(node, tree, '--check', path).stderr
        at = re.search(r':(\d+)\n', said)
        why = re.search(r'^\w*Error.*', said, re.M)
        yield (f'{path}{":" + at[1] if at else ""}: '
               f'{why[0] if why else "node cannot read it: " + said}')


def check(tree):
    global NOTE
    paths = tree.files(r'ui/.*\.js$|tests/ui/.*\.mjs$')
    problems = [p for path in paths for p in form(tree, path)]
    node = shutil.which('node')
    NOTE = '' if node else ' (nobody parsed them: there is no node)'
    if node:
        problems += parses(node, tree, paths)
    return len(paths), problems


BAD = {'ui/package.json': '{"type": "module"}\n',
       'ui/a.js': 'export const a = 1;\n',
       'ui/lib/b.js': f'// {SPDX}\n// ' + 'wide ' * 17 + '\n',
       'tests/ui/c.mjs': f'// {SPDX}\nawait 1; \n',
       'ui/d.js': f'// {SPDX}\nexport const f = (;\n'}
WANT = [r'ui/a.js: no licence', r'ui/lib/b.js:2: \d\d columns',
        r'c.mjs:2: space at']
if shutil.which('node'):
    WANT += [r'ui/d.js:2: SyntaxError']
