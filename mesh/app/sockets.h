/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Listening sockets of the daemon's HTTP servers. */
#ifndef UM_APP_SOCKETS_H
#define UM_APP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Listens at a unix socket, mode 0600; a stale one is replaced, a live one is
 * not.
 * @param group mode 0660: our group's members may, too
 * @return a descriptor, or -1 and errno
 */
int um_socket_unix(const char *path, bool group);

/**
 * Listens at "ADDR:PORT" or "[ADDR]:PORT".
 * @return a descriptor, or -1 and errno (EINVAL: not such a text)
 */
int um_socket_tcp(const char *at);

/** Whether a text is "ADDR:PORT" or "[ADDR]:PORT". */
bool um_socket_addr_ok(const char *at);

/** Where a listening socket is, as "ADDR:PORT"; `out` stays as it was if that
 * cannot be told. */
void um_socket_name(int fd, char *out, size_t cap);

#endif
