/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conversions both ways, without assumptions on alignment. */
#include "uv/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

int p2p__uv_to_sockaddr(const struct p2p__addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET,
                                 .sin_port = htons(a->port)};

        memcpy(&in.sin_addr, a->ip, 4);
        memcpy(out, &in, sizeof in);
        return 0;
    }
    if (a->family == 6) {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6,
                                  .sin6_port = htons(a->port),
                                  .sin6_scope_id = a->scope};

        memcpy(&in.sin6_addr, a->ip, 16);
        memcpy(out, &in, sizeof in);
        return 0;
    }
    return P2P_EINVAL;
}

void p2p__uv_from_sockaddr(const struct sockaddr *sa, struct p2p__addr *out)
{
    *out = (struct p2p__addr){0};
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;

        out->family = 4;
        out->port = ntohs(in->sin_port);
        memcpy(out->ip, &in->sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)sa;

        out->family = 6;
        out->port = ntohs(in->sin6_port);
        out->scope = in->sin6_scope_id;
        memcpy(out->ip, &in->sin6_addr, 16);
    }
}
