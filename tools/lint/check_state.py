# SPDX-License-Identifier: MIT OR Apache-2.0
"""No mutable variable at file scope, nor a static one in a function; and no
source that nothing builds."""
import re
import subprocess

MUTABLE = re.compile(r'^\.(t?bss|t?data)(\.(?!rel\.ro).*)?$|^\*COM\*$')
LINE = re.compile(r'^[0-9a-f]+ .{7} (\S+)\s+([0-9a-f]+) (?:\.hidden )?(\S+)$')


def check(tree):
    objects = tree.objects()
    problems = [f'{p}: nothing builds it'
                for p in tree.files(r'(lib|mesh|cli)/.*\.c$')
                if p not in objects]
    for path, obj in objects.items():
        out = subprocess.run(['objdump', '-t', obj], check=True,
                             capture_output=True, text=True).stdout
        for line in out.splitlines():
            m = LINE.match(line)
            if m and MUTABLE.match(m.group(1)) and int(m.group(2), 16) > 0:
                problems.append(f'{path}: {m.group(3)} is mutable state '
                                f'({m.group(1)})')
    return len(objects), problems


BAD = {
    'lib/base/x.c': 'static int count;\nint next(void) { return ++count; }\n'
                    'int shared = 4;\n'
                    'int seen(void) { static int n = 3; return ++n; }\n',
}
WANT = [r': count is', r': shared is', r': n\.\d+ is']
