/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Paths and connection ids in ngtcp2's form and in ours. */
#include <netinet/in.h>

#include "mux/quic/priv.h"

/* Writes an address; returns how many bytes it has. */
static ngtcp2_socklen put(const struct p2p__addr *a, ngtcp2_sockaddr_union *to)
{
    assert(a->family == 4 || a->family == 6);
    memset(to, 0, sizeof *to);
    if (a->family == 6) {
        to->in6.sin6_family = AF_INET6;
        to->in6.sin6_port = htons(a->port);
        to->in6.sin6_scope_id = a->scope;
        memcpy(&to->in6.sin6_addr, a->ip, 16);
        return sizeof to->in6;
    }
    to->in.sin_family = AF_INET;
    to->in.sin_port = htons(a->port);
    memcpy(&to->in.sin_addr, a->ip, 4);
    return sizeof to->in;
}

static void get(const ngtcp2_addr *from, struct p2p__addr *a)
{
    ngtcp2_sockaddr_union u;

    *a = (struct p2p__addr){0};
    assert(from->addrlen <= sizeof u);
    memcpy(&u, from->addr, from->addrlen);
    if (u.sa.sa_family == AF_INET6) {
        a->family = 6;
        a->port = ntohs(u.in6.sin6_port);
        a->scope = u.in6.sin6_scope_id;
        memcpy(a->ip, &u.in6.sin6_addr, 16);
    } else {
        a->family = 4;
        a->port = ntohs(u.in.sin_port);
        memcpy(a->ip, &u.in.sin_addr, 4);
    }
}

void p2p__quic_path_to(const struct p2p__quic_path *path,
                       ngtcp2_path_storage *ps)
{
    ngtcp2_path_storage_zero(ps);
    ps->path.local.addrlen = put(&path->local, &ps->local_addrbuf);
    ps->path.remote.addrlen = put(&path->remote, &ps->remote_addrbuf);
}

void p2p__quic_path_from(const ngtcp2_path *from, struct p2p__quic_path *path)
{
    get(&from->local, &path->local);
    get(&from->remote, &path->remote);
}

void p2p__quic_path_of(const void *sess, struct p2p__quic_path *path)
{
    const struct p2p__quic *q = sess;

    p2p__quic_path_from(ngtcp2_conn_get_path(q->conn), path);
}

int p2p__quic_move(void *sess, const struct p2p__quic_path *path, bool at_once,
                   p2p_ns now)
{
    struct p2p__quic *q = sess;
    ngtcp2_path_storage ps;
    int rv;

    if (!(q->bits & P2P__QC_DIALER) || q->bits & P2P__QC_POISONED) {
        return P2P_ENOTSUP;
    }
    now = p2p__quic_at(q, now);
    q->refusal = 0;
    p2p__quic_path_to(path, &ps);
    rv = at_once
             ? ngtcp2_conn_initiate_immediate_migration(q->conn, &ps.path, now)
             : ngtcp2_conn_initiate_migration(q->conn, &ps.path, now);
    p2p__mark(q->owner);
    switch (rv) {
        case 0:
        case NGTCP2_ERR_INVALID_ARGUMENT: /* it goes there already */
            return 0;
        case NGTCP2_ERR_CONN_ID_BLOCKED:
            return P2P_EAGAIN;
        default:
            return P2P_ENOTSUP;
    }
}

struct p2p__quic_id p2p__quic_id_from(const ngtcp2_cid *cid)
{
    struct p2p__quic_id id = {.len = (uint8_t)cid->datalen};

    assert(cid->datalen <= sizeof id.bytes);
    memcpy(id.bytes, cid->data, cid->datalen);
    return id;
}

ngtcp2_cid p2p__quic_id_to(const struct p2p__quic_id *id)
{
    ngtcp2_cid cid;

    ngtcp2_cid_init(&cid, id->bytes, id->len);
    return cid;
}
