/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What others say in mDNS: see found.h.
 *
 * A packet tells of one peer: the first that its records name; addresses of
 * another are left out. A record stands behind the one that leads to it, as in
 * all that is around: PTR, SRV, then the others. One that is not ours to
 * understand is passed over; one that is malformed spoils the packet.
 */
#include "proto/mdns/found.h"

#include "wire/addr_class.h"

#define DNSADDR     "dnsaddr="
#define DNSADDR_LEN (sizeof DNSADDR - 1U)

/* What has been read of an answer so far. */
struct walk {
    const struct p2p__mdns_announce *a;
    const struct p2p__mdns_from *from;
    struct p2p__mdns_peer *peer;
    char name[P2P__DNS_NAME_MAX]; /* where today's PTR leads, or "" */
    uint16_t port;                /* of 2021's SRV */
    char host[P2P__DNS_NAME_MAX]; /* the same */
    size_t ips; /* 2021's addresses: they may precede the peer id */
    struct p2p__addr ip[P2P__CAP_MDNS_ADDRS];
};

static bool is_usable(const struct p2p__addr *addr,
                      const struct p2p__mdns_from *from)
{
    switch (p2p__addr_class(addr)) {
        case P2P__ADDR_PRIVATE:
        case P2P__ADDR_LINK_LOCAL:
            return addr->port != 0;
        case P2P__ADDR_LOOPBACK:
            return addr->port != 0 && from->own_host;
        default:
            return false;
    }
}

/* A link-local IPv6 address is of the link that the packet came by. */
static int set_zone(struct p2p_multiaddr *ma, struct p2p__maddr_waist *waist,
                    uint32_t ifindex)
{
    struct p2p_multiaddr tail = {0};
    int rv = 0;

    if (waist->rest < ma->len) {
        rv = p2p_multiaddr_from_bytes(ma->bytes + waist->rest,
                                      ma->len - waist->rest, &tail);
    }
    waist->addr.scope = ifindex;
    p2p__maddr_from_addr(&waist->addr, waist->port_code, ma);
    return rv == 0 && tail.len > 0 ? p2p_multiaddr_append(ma, &tail) : rv;
}

/* Keeps an address, if it is one to dial. */
static void add(struct walk *w, const struct p2p_multiaddr *addr)
{
    struct p2p__mdns_peer *peer = w->peer;
    struct p2p__maddr_waist waist;
    struct p2p_multiaddr ma = *addr;

    if (peer->count == P2P__CAP_MDNS_ADDRS ||
        p2p__maddr_waist(&ma, &waist) != 0 || waist.name[0] != '\0' ||
        !is_usable(&waist.addr, w->from) ||
        p2p__maddr_has(&ma, P2P_MULTIADDR_CIRCUIT)) {
        return;
    }
    if (waist.addr.family == 6 &&
        p2p__addr_class(&waist.addr) == P2P__ADDR_LINK_LOCAL &&
        set_zone(&ma, &waist, w->from->ifindex) != 0) {
        return;
    }
    for (size_t i = 0; i < peer->count; i++) {
        if (p2p_multiaddr_equal(&peer->addrs[i], &ma)) {
            return;
        }
    }
    peer->addrs[peer->count++] = ma;
}

/* Whether a record is about the packet's peer; the first decides who it is. */
static bool is_peer(struct walk *w, const struct p2p_peer_id *id,
                    uint32_t ttl_s)
{
    struct p2p__mdns_peer *peer = w->peer;

    if (peer->id.len == 0) {
        peer->id = *id;
        peer->ttl_s = (uint32_t)p2p__min(ttl_s, P2P__CAP_MDNS_TTL_S);
    }
    return p2p_peer_id_equal(&peer->id, id);
}

static void read_dnsaddr(struct walk *w, const uint8_t *p, size_t len,
                         uint32_t ttl_s)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;
    char text[UINT8_MAX];

    if (len <= DNSADDR_LEN || memcmp(p, DNSADDR, DNSADDR_LEN) != 0) {
        return;
    }
    memcpy(text, p + DNSADDR_LEN, len - DNSADDR_LEN);
    if (p2p_multiaddr_from_text(text, len - DNSADDR_LEN, &ma) != 0 ||
        !p2p_multiaddr_peer(&ma, &id) || !is_peer(w, &id, ttl_s)) {
        return;
    }
    p2p_multiaddr_strip_peer(&ma);
    add(w, &ma);
}

static int read_txt(struct walk *w, const struct p2p__dns_rr *rr, bool today)
{
    size_t at = 0;

    while (at < rr->rdata_len) {
        const size_t len = rr->rdata[at++];
        const uint8_t *p = rr->rdata + at;
        struct p2p_peer_id id;

        if (len > rr->rdata_len - at) {
            return P2P_EFORMAT;
        }
        at += len;
        if (today) {
            read_dnsaddr(w, p, len, rr->ttl_s);
        } else if (p2p_peer_id_from_text((const char *)p, len, &id) == 0) {
            (void)is_peer(w, &id, rr->ttl_s);
        }
    }
    return 0;
}

static int read_srv(struct walk *w, const struct p2p__dns *d,
                    const struct p2p__dns_rr *rr)
{
    if (rr->rdata_len < 6) {
        return P2P_EFORMAT;
    }
    w->port = (uint16_t)(rr->rdata[4] << 8 | rr->rdata[5]);
    return p2p__dns_target(d, rr, 6, w->host);
}

static int read_ip(struct walk *w, const struct p2p__dns_rr *rr, size_t len)
{
    struct p2p__addr addr = {.family = len == 4 ? 4 : 6};

    if (rr->rdata_len != len) {
        return P2P_EFORMAT;
    }
    if (w->host[0] != '\0' && p2p__dns_same(rr->name, w->host) &&
        w->ips < P2P__COUNT(w->ip)) {
        memcpy(addr.ip, rr->rdata, len);
        w->ip[w->ips++] = addr;
    }
    return 0;
}

static bool is_2021(const char *name)
{
    return p2p__dns_below(name, P2P__MDNS_SERVICE_IPFS) ||
           p2p__dns_below(name, P2P__MDNS_SERVICE_GO);
}

/* Whether a record is of a peer in today's form: its name is one within the
 * service, or, as rust has it, whatever the service's PTR leads to. */
static bool is_today(const struct walk *w, const char *name)
{
    return p2p__dns_below(name, w->a->service) ||
           (w->name[0] != '\0' && p2p__dns_same(name, w->name));
}

static int read_record(struct walk *w, const struct p2p__dns *d,
                       const struct p2p__dns_rr *rr)
{
    const bool today = is_today(w, rr->name);

    if (rr->klass != P2P__DNS_IN || rr->ttl_s == 0) {
        return 0; /* a goodbye: not to be dialed */
    }
    switch (rr->type) {
        case P2P__DNS_PTR:
            return p2p__dns_same(rr->name, w->a->service)
                       ? p2p__dns_target(d, rr, 0, w->name)
                       : 0;
        case P2P__DNS_TXT:
            return today || is_2021(rr->name) ? read_txt(w, rr, today) : 0;
        case P2P__DNS_SRV:
            return is_2021(rr->name) ? read_srv(w, d, rr) : 0;
        case P2P__DNS_A:
            return read_ip(w, rr, 4);
        case P2P__DNS_AAAA:
            return read_ip(w, rr, 16);
        default:
            return 0;
    }
}

static int read_answer(struct p2p__dns *d, struct walk *w)
{
    struct p2p__dns_rr rr;
    int rv = 0;

    while (rv == 0 && p2p__dns_next(d, &rr)) {
        if (rr.section == P2P__DNS_ANSWER ||
            rr.section == P2P__DNS_ADDITIONAL) {
            rv = read_record(w, d, &rr);
        }
    }
    rv = rv == 0 ? d->err : rv;
    if (rv != 0 || w->peer->id.len == 0) {
        return rv;
    }
    for (size_t i = 0; i < w->ips; i++) {
        struct p2p_multiaddr ma;

        w->ip[i].port = w->port;
        p2p__maddr_from_addr(&w->ip[i], P2P_MULTIADDR_TCP, &ma);
        add(w, &ma);
    }
    return 0;
}

/* Whether a question for `name` is one for our record of today: the service,
 * our name in it, or our host. Those in a tool's browser ask so. */
static bool is_ours(const struct p2p__mdns_announce *a, const char *name)
{
    const char *rest = p2p__dns_behind(name, a->name);

    if (rest == NULL || *rest != '.') {
        return p2p__dns_same(name, a->service);
    }
    return p2p__dns_same(rest, P2P__MDNS_HOST) ||
           p2p__dns_same(rest + 1, a->service);
}

static void read_question(const struct p2p__mdns_announce *a,
                          const struct p2p__dns_rr *rr,
                          struct p2p__mdns_msg *msg)
{
    if (rr->klass != P2P__DNS_IN) {
        return;
    }
    if (is_ours(a, rr->name)) {
        msg->asked |= P2P__MDNS_BIT(P2P__MDNS_P2P);
    } else if (p2p__dns_same(rr->name, P2P__MDNS_SERVICE_IPFS)) {
        msg->asked |= P2P__MDNS_BIT(P2P__MDNS_IPFS);
    } else if (p2p__dns_same(rr->name, P2P__MDNS_SERVICE_GO)) {
        msg->asked |= P2P__MDNS_BIT(P2P__MDNS_GO);
    } else if (p2p__dns_same(rr->name, P2P__MDNS_SERVICES)) {
        msg->services = true;
    }
}

static int read_questions(struct p2p__dns *d,
                          const struct p2p__mdns_announce *a,
                          struct p2p__mdns_msg *msg)
{
    struct p2p__dns_rr rr;

    while (p2p__dns_next(d, &rr)) {
        if (rr.section == P2P__DNS_QUESTION) {
            read_question(a, &rr, msg);
        }
    }
    return d->err;
}

int p2p__mdns_read(const struct p2p__slice *packet,
                   const struct p2p__mdns_announce *a,
                   const struct p2p__mdns_from *from, struct p2p__mdns_msg *msg)
{
    struct p2p__dns d;
    struct walk w = {.a = a, .from = from, .peer = &msg->peer};
    int rv = p2p__dns_open(&d, packet->p, packet->len);

    msg->peer.id.len = 0;
    msg->peer.count = 0;
    msg->peer.ttl_s = 0;
    msg->asked = 0;
    msg->services = false;
    msg->id = d.id;
    msg->answer = (d.flags & P2P__DNS_RESPONSE) != 0;
    if (rv != 0) {
        return rv;
    }
    if ((d.flags & P2P__DNS_CODES) != 0) {
        return P2P_EFORMAT; /* to be ignored: RFC 6762, 18.3 and 18.11 */
    }
    return msg->answer ? read_answer(&d, &w) : read_questions(&d, a, msg);
}
