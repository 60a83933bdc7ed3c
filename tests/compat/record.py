#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: record.py PROGRAM N

Records what a unitmesh leaves on the disk with its version N of the store, into
tests/compat/data: store-N.tar.gz, the state folder of a node that was stopped;
mesh-N.export, the file that `unitmesh export` writes; store-N.json, what the
node said of both. Done once for each N, by the last program that wrote it; what
is there is not written again.
"""
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
for part in ('../e2e', '../interop/lib', '.'):
    sys.path.insert(0, str(HERE / part))

from rig import loopback  # noqa: E402
from versions import FIRST, Node, in_step  # noqa: E402

DATA = HERE / 'data'
# What today's build must say of it, too.
SAID = ('/mesh/revisions', '/mesh/members', '/mesh/settings', '/mesh/invites',
        '/config', '/mesh/overlays', '/mesh/revisions/current/document')


def live(node):
    """Something of every kind that a store keeps."""
    node.ready()
    node.do('POST', '/mesh/init', {'name': 'recorded'})
    node.put(FIRST, '/config')
    node.do('PUT', '/mesh/variables/code', 205)
    node.do('PUT', '/mesh/variables/word?secret', 'open sesame')
    node.put('{{code}}')
    node.do('PUT', '/mesh/overlays/node:first', {'merge': {'routes': [{
        'action': {'return': 209, 'location': '{{word}}'}}]}})
    kept = node.put({'http': {'idle_timeout': 30}}, '/config/settings',
                    '?trial=10m')
    node.do('POST', f'/mesh/revisions/{kept["id"]}/confirm', {})
    gone = node.put({'http': {'idle_timeout': 31}}, '/config/settings',
                    '?trial=10m')
    node.do('POST', f'/mesh/revisions/{gone["id"]}/abort', {})
    node.do('PUT', '/mesh/settings/max-deadline-ms', {'value': '86400000'})
    node.do('PUT', '/mesh/members/first/labels/zone', {'value': 'west'})
    node.do('POST', '/mesh/invites', {'role': 'writer'})
    in_step(node)


def pack(state, out):
    """Keys, store, policy, the Unit's state; no sockets, no locks."""
    with tarfile.open(out, 'x:gz') as tar:
        for path in sorted(state.rglob('*')):
            if (path.is_dir() or path.is_file()) and \
                    path.name not in ('lock', 'rest.token'):
                tar.add(path, path.relative_to(state), recursive=False)


def main(program, number):
    with tempfile.TemporaryDirectory(prefix='umcmp') as folder:
        node = Node('first', Path(folder), loopback(), program=program)
        with node:
            live(node)
            said = {path: node.do('GET', path) for path in SAID}
            said['unit'] = node.runs()
            subprocess.run([program, 'export', DATA / f'mesh-{number}.export',
                            '--control', node.control], check=True)
        pack(node.state, DATA / f'store-{number}.tar.gz')
    (DATA / f'store-{number}.json').write_text(json.dumps(said, indent=1) +
                                               '\n', encoding='utf-8')


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
