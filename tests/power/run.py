#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [--cuts N] [--seed N]

The power is cut while a store is written, N times (20): an ext4 on a loop
device, the writer killed and reaped at some moment, the file system shut down
without flushing anything, mounted again, and looked at. Every batch that was
acknowledged must be there, and none half. Then the same, at most 20 times,
with SQLite's synchronous = NORMAL and OFF, which must lose something: else the
cuts prove nothing. And N times with the file of two places that the applier
overwrites. A line for each way: ok, FAIL, or skip where nothing can be mounted.
"""
import argparse
import contextlib
import ctypes
import fcntl
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('BUILDDIR', ROOT / 'build')).resolve()
STORE = BUILD / 'tests/unit/mesh_store/store-writer'
SLOTS = BUILD / 'tests/unit/mesh_app/slots-writer'
# EXT4_IOC_SHUTDOWN, and its way that does not flush the journal either.
SHUTDOWN, NO_FLUSH = 0x8004587d, 2
# A new store after so many cuts: so making one is cut, too.
CUTS_A_STORE = 7
IN_NAMESPACE = 'UM_POWER_IN_NAMESPACE'


def sh(*words):
    return subprocess.run(words, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Disk:
    """A file system of its own, whose power can be cut."""

    def __init__(self, folder):
        self.image = folder / 'image'
        self.at = folder / 'disk'
        self.at.mkdir()
        with open(self.image, 'wb') as f:
            f.truncate(96 << 20)
        done = sh('mkfs.ext4', '-q', '-F', str(self.image))
        if done.returncode != 0:
            raise OSError(f'mkfs.ext4: {done.stdout.strip()}')
        self.mounted = False
        self.mount()

    def mount(self):
        done = sh('mount', '-o', 'loop', str(self.image), str(self.at))
        if done.returncode != 0:
            raise OSError(f'mount: {done.stdout.strip()}')
        self.mounted = True

    def unmount(self):
        if self.mounted:
            sh('umount', str(self.at))
        self.mounted = False

    def cut(self):
        fd = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, ctypes.c_uint32(NO_FLUSH))
        finally:
            os.close(fd)
        self.unmount()
        self.mount()


class Acks:
    """What the writer has acknowledged."""

    def __init__(self, fd, last):
        self.fd, self.last, self.rest = fd, last, b''

    def read(self, deadline):
        """Reads until a moment, or to the end if there is none."""
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            if not select.select([self.fd], [], [], left)[0]:
                return
            part = os.read(self.fd, 65536)
            if not part:
                return
            *lines, self.rest = (self.rest + part).split(b'\n')
            self.last = int(lines[-1]) if lines else self.last


def writer_of(way):
    return SLOTS if way == 'SLOTS' else STORE


def write_and_cut(disk, store, way, rng, before):
    """The last batch that was acknowledged before the power went."""
    with subprocess.Popen([writer_of(way), 'write', store, way],
                          stdout=subprocess.PIPE) as writer:
        acks = Acks(writer.stdout.fileno(), before)
        acks.read(time.monotonic() + rng.uniform(0.001, 0.15))
        writer.kill()
        writer.wait()
        acks.read(None)
    disk.cut()
    return acks.last


def look(store, way):
    """How many whole batches there are; or what is wrong."""
    if not store.exists():
        return 0, ''
    done = sh(str(writer_of(way)), 'look', str(store))
    if done.returncode != 0:
        return 0, done.stdout.strip()
    return int(done.stdout), ''


def run(disk, way, cuts, rng):
    """(acknowledged, lost, what was wrong) of that many cuts."""
    acknowledged = lost = 0
    wrong = []
    kept = 0
    for cut in range(cuts):
        store = disk.at / f'mesh-{way}-{cut // CUTS_A_STORE}.db'
        if cut % CUTS_A_STORE == 0:
            for old in disk.at.glob('mesh-*'):
                old.unlink()
            kept = 0
        last = write_and_cut(disk, store, way, rng, kept)
        n, text = look(store, way)
        acknowledged += last - kept
        if text or n < last:
            lost += last - n
            wrong.append(text or f'cut {cut}: {last} were acknowledged, '
                         f'{n} are there')
            for old in disk.at.glob('mesh-*'):
                old.unlink()
            n = 0
        kept = n
    return acknowledged, lost, wrong


def judge(way, cuts, acknowledged, lost, wrong):
    """Prints the line of a way; whether it is as it must be."""
    name = 'two places' if way == 'SLOTS' else f'synchronous = {way}'
    text = (f'{name}: {cuts} cuts, {acknowledged} writes acknowledged, '
            f'{lost} of them lost')
    if way in ('FULL', 'SLOTS'):
        good = acknowledged > cuts and not wrong
    else:
        good = lost > 0
    print('ok  ' if good else 'FAIL', text, flush=True)
    if not good:
        for line in wrong[:10] or ['this must lose, or not be cut so soon']:
            print('    ', line, flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--cuts', type=int, default=20)
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**6)
    args = parser.parse_args()
    if IN_NAMESPACE not in os.environ:
        inside = dict(os.environ, **{IN_NAMESPACE: '1'})
        with contextlib.suppress(OSError):
            if sh('unshare', '--mount', 'true').returncode == 0:
                os.execvpe('unshare', ['unshare', '--mount', '--propagation',
                                       'private', sys.executable, *sys.argv],
                           inside)
        print('skip power: mounts of its own need root and unshare')
        return 0
    print(f'seed {args.seed}', flush=True)
    ways = {'FULL': args.cuts, 'SLOTS': args.cuts, 'NORMAL': min(args.cuts, 20),
            'OFF': min(args.cuts, 20)}
    with tempfile.TemporaryDirectory(prefix='um-power-') as folder:
        try:
            disk = Disk(Path(folder))
        except OSError as e:
            print(f'skip power: no loop device with an ext4 here: {e}')
            return 0
        try:
            good = [judge(way, cuts,
                          *run(disk, way, cuts, random.Random(args.seed)))
                    for way, cuts in ways.items()]
        finally:
            disk.unmount()
    return 0 if all(good) else 1


if __name__ == '__main__':
    sys.exit(main())
