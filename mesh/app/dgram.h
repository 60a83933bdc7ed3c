/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The way to a unix socket of datagrams, connected before rights are given up:
 * what systemd and its journal listen at.
 */
#ifndef UM_APP_DGRAM_H
#define UM_APP_DGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/** Nobody listens while fd is -1. */
struct um_dgram {
    int fd;
    struct sockaddr_un at;
    socklen_t at_len;
};

/** Connects. @param address a path, or @NAME. false, with fd -1: it cannot. */
bool um_dgram_open(struct um_dgram *d, const char *address);

/** Sends one, and connects once more if who listens has made its socket anew.
 * Never waits. false: it was not sent, with errno. */
bool um_dgram_send(struct um_dgram *d, const void *bytes, size_t len);

/** Ends it; may be called twice. */
void um_dgram_close(struct um_dgram *d);

#endif
