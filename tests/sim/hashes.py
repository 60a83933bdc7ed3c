#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: hashes.py [--seeds N] [--large] [-- OPTION of sim_mesh…]

A simulated mesh must take the same course whatever built it and whatever lies
in its memory: builds sim_mesh with gcc, clang, and gcc with ASan and UBSan,
runs each seed in all of them, with a second seed of hash tables and with freed
memory filled with two patterns, and compares the hashes of the traces. --large
does so once for 1,000 hosts and 10 minutes too, without ASan. Where two differ,
the first second that differs is looked for.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SMALL = ['--hosts', '40', '--minutes', '3', '--partition', '45']
LARGE = ['--hosts', '1000', '--minutes', '10']
SANITIZE = ['-Db_sanitize=address,undefined',
            '-Dc_args=-fno-sanitize-recover=all']
# name: build folder, compiler, what meson is told
BUILDS = {'gcc': (os.environ.get('BUILDDIR', 'build'), 'gcc', []),
          'clang': ('build-clang', 'clang', []),
          'asan': ('build-asan', 'gcc', SANITIZE)}
# name: build, options, environment
RUNS = {'gcc': ('gcc', [], {}),
        'gcc, map seed 2': ('gcc', ['--map-seed', '2'], {}),
        'gcc, memory 0xa5': ('gcc', [], {'MALLOC_PERTURB_': '165'}),
        'gcc, memory 0x5a': ('gcc', [], {'MALLOC_PERTURB_': '90'}),
        'clang': ('clang', [], {}),
        'clang, map seed 3': ('clang', ['--map-seed', '3'], {}),
        'asan': ('asan', [], {})}


def build(name):
    folder, cc, options = BUILDS[name]
    if not os.path.exists(os.path.join(ROOT, folder, 'build.ninja')):
        subprocess.run(['meson', 'setup', folder, *options], cwd=ROOT,
                       env={**os.environ, 'CC': cc}, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', folder, 'tests/sim/sim_mesh'], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)


def command(run, mesh):
    folder = BUILDS[RUNS[run][0]][0]
    return [os.path.join(folder, 'tests/sim/sim_mesh'), *mesh, *RUNS[run][1]]


def start(run, mesh):
    env = {k: v for k, v in os.environ.items() if k != 'MALLOC_PERTURB_'}
    done = subprocess.run(command(run, mesh), cwd=ROOT, check=False, text=True,
                          env={**env, **RUNS[run][2]}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout


def trace(run, mesh):
    out = start(run, mesh)
    found = re.search(r'^trace +([0-9a-f]{16})$', out, re.M)
    return found.group(1) if found else 'no trace:\n' + out[-2000:]


def first_difference(one, other, mesh):
    """The first line of two traces, second by second, that differs."""
    texts = [start(run, [*mesh, '--trace']).splitlines()[1:]
             for run in (one, other)]
    for a, b in zip(*texts):
        if a != b:
            return f'     {one}: {a}\n     {other}: {b}'
    return '     second by second they are equal: only the end differs'


def compare(pool, mesh, runs):
    """Whether all runs of one mesh have one trace; says what it found."""
    traces = dict(zip(runs, pool.map(trace, runs, [mesh] * len(runs))))
    first = traces[runs[0]]
    wrong = [run for run in runs if traces[run] != first]
    print(f'{"FAIL" if wrong else "ok  "} {" ".join(mesh)}: {first}, '
          f'{len(runs)} runs', flush=True)
    for run in wrong:
        print(f'     {run}: {traces[run]}\n     '
              f'{" ".join(command(run, mesh))}')
        print(first_difference(runs[0], run, mesh), flush=True)
    return not wrong


def options():
    p = argparse.ArgumentParser(usage=__doc__.split('\n', 1)[0][7:])
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--large', action='store_true')
    p.add_argument('mesh', nargs='*', default=SMALL)
    return p.parse_args()


def main():
    o = options()
    for name in BUILDS:
        build(name)
    ok = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for seed in range(1, o.seeds + 1):
            ok &= compare(pool, [*o.mesh, '--seed', str(seed)], list(RUNS))
        if o.large:
            ok &= compare(pool, LARGE, [r for r in RUNS if r != 'asan'])
    return 0 if ok else 1


if __name__ == '__main__':
    sys.exit(main())
