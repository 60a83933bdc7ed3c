# SPDX-License-Identifier: MIT OR Apache-2.0
"""A program on a terminal, and a person in front of it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from daemon import UNITMESH

KEYS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _own(its):
    """In the child: this terminal is its own, and ends it."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # in the background: ignored
    fcntl.ioctl(its, termios.TIOCSCTTY, 0)
    os.close(its)


class Terminal:
    """`unitmesh WORDS` on a terminal of its own. `apart`: what is no terminal
    for it, of stdin, stdout, stderr; by name, as Popen has them; or
    what else that takes."""

    def __init__(self, *words, columns=80, env=None, program=UNITMESH,
                 **apart):
        self.mine, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))
        ends = {"stdin": its, "stdout": its, "stderr": its, **apart}
        self.proc = subprocess.Popen(
            [program, *map(str, words)], close_fds=True,
            preexec_fn=lambda: _own(its), pass_fds=(its,),
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1",
                 "COLUMNS": "", **(env or {})}, **ends)
        os.close(its)
        self.all = ""
        self.seen = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        os.close(self.mine)

    def _more(self, seconds):
        """Reads what comes next; False: nothing more comes."""
        if not select.select([self.mine], [], [], max(seconds, 0))[0]:
            return True
        try:
            data = os.read(self.mine, 65536)
        except OSError:  # the program has closed it
            return False
        self.all += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def wait(self, pattern, seconds=30):
        """Until it shows that, behind what was waited for before."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.all[self.seen:])
            if found:
                self.seen += found.end()
                return found
            assert time.monotonic() < deadline and \
                self._more(deadline - time.monotonic()), (pattern, self.all)

    def type(self, text):
        os.write(self.mine, text.encode())

    def end(self, seconds=30):
        """Its exit code, once it has ended; `all` has what it showed."""
        deadline = time.monotonic() + seconds
        while self._more(deadline - time.monotonic()):
            assert time.monotonic() < deadline, self.all
            if self.proc.poll() is not None and \
                    not select.select([self.mine], [], [], 0)[0]:
                break
        return self.proc.wait(max(deadline - time.monotonic(), 1))

    @property
    def plain(self):
        """What it showed, without colours."""
        return KEYS.sub("", self.all)
