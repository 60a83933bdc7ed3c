/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The shared part of the network port: the hot slab that every socket of the
 * loop reads into, so that an idle connection owns no buffer. */
#include "uv/tcp.h"

#include <netinet/in.h>
#include <unistd.h>

#include "uv/addr.h"

#define HOT_BYTES (256U * 1024U)

/* A datagram socket that is connected sends nothing, but has an address. */
static bool net_source(struct p2p__net *net, const struct p2p__addr *to,
                       struct p2p__addr *from)
{
    const socklen_t size = to->family == 4 ? sizeof(struct sockaddr_in)
                                           : sizeof(struct sockaddr_in6);
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;
    bool found = false;
    int fd;

    (void)net;
    if (p2p__uv_to_sockaddr(to, &sa) != 0) {
        return false;
    }
    fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    if (connect(fd, (struct sockaddr *)&sa, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&sa, &len) == 0) {
        p2p__uv_from_sockaddr((struct sockaddr *)&sa, from);
        from->port = 0;
        found = true;
    }
    (void)close(fd);
    return found;
}

void p2p__uv_net_init(struct p2p__uv_net *n, uv_loop_t *uv)
{
    *n = (struct p2p__uv_net){.uv = uv, .net = {.source = net_source}};
    p2p__uv_tcp_setup(n);
    p2p__uv_udp_setup(n);
}

void p2p__uv_net_fini(struct p2p__uv_net *n)
{
    assert(n->handles == 0);
    p2p__slab_unref(n->hot);
    n->hot = NULL;
}

void p2p__uv_hot(struct p2p__uv_net *n, uv_buf_t *buf)
{
    if (n->hot == NULL) {
        n->hot = p2p__slab_new(HOT_BYTES);
    }
    if (n->hot == NULL) {
        *buf = uv_buf_init(NULL, 0);
        return;
    }
    *buf = uv_buf_init((char *)n->hot->data, n->hot->cap);
}

struct p2p__slice p2p__uv_hot_slice(const struct p2p__uv_net *n, size_t len)
{
    return (struct p2p__slice){.p = n->hot->data, .len = len, .slab = n->hot};
}

void p2p__uv_hot_done(struct p2p__uv_net *n)
{
    if (n->hot != NULL && n->hot->refs > 1) {
        p2p__slab_unref(n->hot);
        n->hot = NULL;
    }
}
