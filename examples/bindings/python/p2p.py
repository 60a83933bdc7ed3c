# SPDX-License-Identifier: MIT OR Apache-2.0
"""libp2p for C through cffi: all of its functions, as `lib`, from its headers.

The C compiler's preprocessor reads them, so that nothing is written twice:
what a newer header declares is there. `pkg-config p2p` says where they are.
"""
import re
import subprocess

import cffi


def pkg_config(*words):
    return subprocess.run(["pkg-config", *words, "p2p"], check=True, text=True,
                          capture_output=True).stdout.split()


def declarations():
    """What p2p/*.h declare, without what they include of others."""
    text = subprocess.run(
        ["cc", "-E", "-x", "c", *pkg_config("--cflags"), "-"], check=True,
        input="#include <p2p/p2p.h>\n", text=True, capture_output=True).stdout
    mine, out = False, ["struct uv_loop_s;"]
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            mine = "/p2p/" in marker[1]
        elif mine:
            out.append(re.sub(r"__attribute__\(\(.*?\)\)+", "", line))
    return "\n".join(out)


def path():
    """The library by its name; where pkg-config knows it, by its path."""
    folder = pkg_config("--variable=libdir")[0]
    return f"{folder}/libp2p.so.0"


ffi = cffi.FFI()
ffi.cdef(declarations())
lib = ffi.dlopen(path())


class Error(Exception):
    """A negative code of the library."""


def check(code):
    if code < 0:
        raise Error(ffi.string(lib.p2p_err_text(code)).decode())
    return code


def config():
    """P2P_HOST_CONFIG_INIT, which is a macro."""
    cfg = ffi.new("struct p2p_host_config *")
    cfg.size = ffi.sizeof("struct p2p_host_config")
    cfg.log_level = 1
    return cfg


def owned(function, *args, kind, free):
    """Calls what `returns owned` by its last parameter."""
    out = ffi.new(f"struct {kind} **")
    check(function(*args, out))
    return ffi.gc(out[0], free)
