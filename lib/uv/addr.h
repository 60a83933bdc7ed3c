/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Socket addresses of the kernel and ours. */
#ifndef P2P_UV_ADDR_H
#define P2P_UV_ADDR_H

#include <sys/socket.h>

#include "port/net.h"

/* Fills `out` from ours; returns 0 or P2P_EINVAL (family). */
int p2p__uv_to_sockaddr(const struct p2p__addr *a,
                        struct sockaddr_storage *out);

/* Ours from the kernel's; family 0 for kinds that are not internet. */
void p2p__uv_from_sockaddr(const struct sockaddr *sa, struct p2p__addr *out);

#endif
