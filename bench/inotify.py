# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tells, as soon as the kernel does, in which folders a file was replaced."""

import ctypes
import os
import select
import struct
import time

_libc = ctypes.CDLL(None, use_errno=True)
CLOSE_WRITE, MOVED_TO = 0x8, 0x80
_HEAD = struct.Struct("iIII")


class Watch:
    """Folders by name; `changes` yields (name, file, monotonic seconds)."""

    def __init__(self, folders):
        self.fd = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.names = {}
        for name, folder in folders.items():
            wd = _libc.inotify_add_watch(self.fd, os.fsencode(folder),
                                         CLOSE_WRITE | MOVED_TO)
            if wd < 0:
                raise OSError(ctypes.get_errno(), f"inotify: {folder}")
            self.names[wd] = name

    def changes(self, timeout):
        """What changed since the last call, waiting for the first."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return
        now = time.monotonic()
        data = os.read(self.fd, 65536)
        while data:
            wd, _, _, length = _HEAD.unpack_from(data)
            end = _HEAD.size + length
            name = data[_HEAD.size:end].rstrip(b"\0").decode()
            yield self.names[wd], name, now
            data = data[end:]

    def drain(self):
        while list(self.changes(0)):
            pass

    def rest(self, seconds):
        """Lets so much time pass."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            list(self.changes(left))

    def close(self):
        os.close(self.fd)
