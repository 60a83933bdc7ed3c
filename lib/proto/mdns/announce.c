/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What we say in mDNS: see announce.h.
 *
 * Texts are made once, when the addresses change; a packet is written from
 * them straight into the caller's buffer. Nothing here depends on what anybody
 * else sent, and there is nothing that can fail but room, which is asserted.
 */
#include "proto/mdns/announce.h"

#include <stdio.h>

#include "wire/addr_class.h"

#define DNSADDR "dnsaddr="

/* The last letter of our name is z; in the second packet of a record, which
 * begins with the n-th address, it is the n-th of the alphabet. */
#define LAST (P2P__MDNS_NAME_LEN - 1U)
_Static_assert(P2P__CAP_MDNS_ADDRS < 'z' - 'a', "letters for packets");

/* What js said in 2021. */
#define SRV_PRIORITY 10U
#define SRV_WEIGHT   1U

/* Room for our name in front of a service or of HOST. */
#define INSTANCE_MAX (P2P_PEER_ID_TEXT_MAX + P2P__MDNS_SERVICE_MAX + 1U)

static bool is_service(const char *service)
{
    const size_t len = strlen(service);

    return len > 0 && len < P2P__MDNS_SERVICE_MAX && service[0] != '.' &&
           service[len - 1] != '.' && strstr(service, "..") == NULL &&
           strchr(service, '\\') == NULL;
}

static void make_name(struct p2p__mdns_announce *a, struct p2p__env *env)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint8_t dice[P2P__MDNS_NAME_LEN];

    env->random(env, dice, sizeof dice);
    for (size_t i = 0; i < sizeof dice; i++) {
        a->name[i] = letters[dice[i] % (sizeof letters - 1U)];
    }
    a->name[LAST] = 'z';
    a->name[sizeof dice] = '\0';
}

int p2p__mdns_announce_init(struct p2p__mdns_announce *a,
                            const struct p2p_peer_id *self, const char *service,
                            struct p2p__env *env)
{
    *a = (struct p2p__mdns_announce){.self = *self};
    service = service != NULL ? service : P2P__MDNS_SERVICE;
    if (!is_service(service) || self->len == 0) {
        return P2P_EINVAL;
    }
    memcpy(a->service, service, strlen(service) + 1);
    (void)p2p_peer_id_text(self, a->self_text);
    make_name(a, env);
    return 0;
}

static bool is_near(const struct p2p__addr *addr)
{
    const enum p2p__addr_class c = p2p__addr_class(addr);

    return c == P2P__ADDR_PRIVATE || c == P2P__ADDR_LINK_LOCAL ||
           c == P2P__ADDR_LOOPBACK;
}

/* Makes the text of an address: without a zone, which means nothing to
 * others, and with our peer id. */
static bool make_text(const struct p2p__mdns_announce *a,
                      const struct p2p__maddr_waist *waist,
                      const struct p2p_multiaddr *ma,
                      char text[P2P__CAP_MDNS_TEXT_BYTES + 1U])
{
    struct p2p_multiaddr full, tail;
    struct p2p__addr addr = waist->addr;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    addr.scope = 0;
    p2p__maddr_from_addr(&addr, waist->port_code, &full);
    if (waist->rest < ma->len &&
        (p2p_multiaddr_from_bytes(ma->bytes + waist->rest,
                                  ma->len - waist->rest, &tail) != 0 ||
         p2p_multiaddr_append(&full, &tail) != 0)) {
        return false;
    }
    if (p2p_multiaddr_append_peer(&full, &a->self) != 0) {
        return false;
    }
    (void)p2p_multiaddr_text(&full, buf);
    if (strlen(buf) > P2P__CAP_MDNS_TEXT_BYTES) {
        return false;
    }
    memcpy(text, buf, strlen(buf) + 1);
    return true;
}

/* Fills `own` from an address; false: not one for others on the link. */
static bool make_own(const struct p2p__mdns_announce *a,
                     const struct p2p_multiaddr *ma, struct p2p__mdns_own *own)
{
    struct p2p_multiaddr bare = *ma;
    struct p2p__maddr_waist waist;

    p2p_multiaddr_strip_peer(&bare);
    if (p2p__maddr_waist(&bare, &waist) != 0 || waist.name[0] != '\0' ||
        waist.addr.port == 0 || !is_near(&waist.addr) ||
        p2p__maddr_has(ma, P2P_MULTIADDR_CIRCUIT)) {
        return false;
    }
    own->addr = waist.addr;
    own->tcp = waist.port_code == P2P_MULTIADDR_TCP && waist.rest == bare.len;
    return make_text(a, &waist, &bare, own->text);
}

static bool is_known(const struct p2p__mdns_own *own, size_t count,
                     const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(own[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

bool p2p__mdns_announce_set(struct p2p__mdns_announce *a,
                            const struct p2p_multiaddr *addrs, size_t count)
{
    struct p2p__mdns_own next;
    size_t kept = 0;
    bool changed = false;

    for (size_t i = 0; i < count && kept < P2P__CAP_MDNS_ADDRS; i++) {
        if (!make_own(a, &addrs[i], &next) ||
            is_known(a->own, kept, next.text)) {
            continue;
        }
        if (kept >= a->count || strcmp(a->own[kept].text, next.text) != 0) {
            a->own[kept] = next;
            changed = true;
        }
        kept++;
    }
    changed = changed || kept != a->count;
    a->count = kept;
    return changed;
}

/* The first TCP address, whose port 2021's SRV record tells; or NULL. */
static const struct p2p__mdns_own *first_tcp(const struct p2p__mdns_announce *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->own[i].tcp) {
            return &a->own[i];
        }
    }
    return NULL;
}

bool p2p__mdns_announce_has(const struct p2p__mdns_announce *a,
                            enum p2p__mdns_form form)
{
    return form == P2P__MDNS_P2P ? a->count > 0 : first_tcp(a) != NULL;
}

const char *p2p__mdns_announce_service(const struct p2p__mdns_announce *a,
                                       enum p2p__mdns_form form)
{
    switch (form) {
        case P2P__MDNS_P2P:
            return a->service;
        case P2P__MDNS_IPFS:
            return P2P__MDNS_SERVICE_IPFS;
        default:
            return P2P__MDNS_SERVICE_GO;
    }
}

/* Begins a packet in the outbuf's room. */
static void begin(struct p2p__dnsw *w, const struct p2p__outbuf *out,
                  uint16_t id, uint16_t flags)
{
    p2p__dnsw_init(w, out->p + out->len,
                   p2p__min(p2p__outbuf_room(out), P2P__CAP_MDNS_SEND_BYTES),
                   id, flags);
}

static int end(struct p2p__dnsw *w, struct p2p__outbuf *out)
{
    const int len = p2p__dnsw_end(w);

    if (len < 0) {
        return len;
    }
    out->len += (size_t)len;
    return 0;
}

int p2p__mdns_write_query(const struct p2p__mdns_announce *a,
                          enum p2p__mdns_form form, uint16_t id,
                          struct p2p__outbuf *out)
{
    struct p2p__dnsw w;

    begin(&w, out, id, 0);
    p2p__dnsw_question(&w, p2p__mdns_announce_service(a, form), P2P__DNS_PTR);
    return end(&w, out);
}

static void put_ptr(struct p2p__dnsw *w, const char *name, const char *target)
{
    size_t mark =
        p2p__dnsw_open(w, P2P__DNS_ANSWER, name, P2P__DNS_PTR, P2P__MDNS_TTL_S);

    p2p__dnsw_name(w, target);
    p2p__dnsw_close(w, mark);
}

static void put_srv(struct p2p__dnsw *w, enum p2p__dns_section section,
                    const char *name, uint16_t port, const char *host)
{
    size_t mark =
        p2p__dnsw_open(w, section, name, P2P__DNS_SRV, P2P__MDNS_TTL_S);

    p2p__dnsw_u16(w, SRV_PRIORITY);
    p2p__dnsw_u16(w, SRV_WEIGHT);
    p2p__dnsw_u16(w, port);
    p2p__dnsw_name(w, host);
    p2p__dnsw_close(w, mark);
}

static void put_addr(struct p2p__dnsw *w, enum p2p__dns_section section,
                     const char *host, const struct p2p__addr *addr)
{
    const bool v4 = addr->family == 4;
    size_t mark = p2p__dnsw_open(
        w, section, host, v4 ? P2P__DNS_A : P2P__DNS_AAAA, P2P__MDNS_TTL_S);

    p2p__dnsw_bytes(w, addr->ip, v4 ? 4 : 16);
    p2p__dnsw_close(w, mark);
}

/* The first address of a family that is not loopback, if there is one; else
 * the first that is; or NULL. */
static const struct p2p__addr *first_of(const struct p2p__mdns_announce *a,
                                        uint8_t family)
{
    const struct p2p__addr *found = NULL;

    for (size_t i = 0; i < a->count; i++) {
        const struct p2p__addr *addr = &a->own[i].addr;

        if (addr->family != family) {
            continue;
        }
        if (p2p__addr_class(addr) != P2P__ADDR_LOOPBACK) {
            return addr;
        }
        found = found == NULL ? addr : found;
    }
    return found;
}

/* Appends one TXT with the addresses from `*from` on, as many as fit. */
static void put_dnsaddrs(struct p2p__dnsw *w,
                         const struct p2p__mdns_announce *a, const char *name,
                         size_t *from)
{
    size_t mark = p2p__dnsw_open(w, P2P__DNS_ADDITIONAL, name, P2P__DNS_TXT,
                                 P2P__MDNS_TTL_S);

    assert(*from < a->count);
    do {
        struct p2p__dnsw before = *w;

        p2p__dnsw_text(w, DNSADDR, a->own[*from].text);
        if (w->full && before.len > mark) {
            *w = before;
            break;
        }
        ++*from;
    } while (*from < a->count);
    p2p__dnsw_close(w, mark);
}

static void put_today(struct p2p__dnsw *w, const struct p2p__mdns_announce *a,
                      size_t *from)
{
    char name[INSTANCE_MAX], host[INSTANCE_MAX];
    const struct p2p__addr *v4 = first_of(a, 4), *v6 = first_of(a, 6);

    (void)snprintf(name, sizeof name, "%s.%s", a->name, a->service);
    (void)snprintf(host, sizeof host, "%s%s", a->name, P2P__MDNS_HOST);
    if (*from > 0) {
        name[LAST] = (char)('a' + *from);
    }
    put_ptr(w, a->service, name);
    put_srv(w, P2P__DNS_ADDITIONAL, name, a->own[*from].addr.port, host);
    if (v4 != NULL) {
        put_addr(w, P2P__DNS_ADDITIONAL, host, v4);
    }
    if (v6 != NULL) {
        put_addr(w, P2P__DNS_ADDITIONAL, host, v6);
    }
    put_dnsaddrs(w, a, name, from);
}

/* All in the answers, which are few: one port, at most an address each. */
static void put_2021(struct p2p__dnsw *w, const struct p2p__mdns_announce *a,
                     const char *service)
{
    char name[INSTANCE_MAX], host[INSTANCE_MAX];
    const struct p2p__mdns_own *first = first_tcp(a);
    size_t mark;

    assert(first != NULL);
    (void)snprintf(name, sizeof name, "%s.%s", a->self_text, service);
    (void)snprintf(host, sizeof host, "%s%s", a->name, P2P__MDNS_HOST);
    put_ptr(w, service, name);
    put_srv(w, P2P__DNS_ANSWER, name, first->addr.port, host);
    mark =
        p2p__dnsw_open(w, P2P__DNS_ANSWER, name, P2P__DNS_TXT, P2P__MDNS_TTL_S);
    p2p__dnsw_text(w, "", a->self_text);
    p2p__dnsw_close(w, mark);
    for (size_t i = 0; i < a->count; i++) {
        if (a->own[i].tcp && a->own[i].addr.port == first->addr.port) {
            put_addr(w, P2P__DNS_ANSWER, host, &a->own[i].addr);
        }
    }
}

int p2p__mdns_write_answer(const struct p2p__mdns_announce *a,
                           const struct p2p__mdns_reply *to, size_t *from,
                           struct p2p__outbuf *out)
{
    const char *service = p2p__mdns_announce_service(a, to->form);
    struct p2p__dnsw w;

    assert(p2p__outbuf_room(out) >= P2P__CAP_MDNS_SEND_BYTES);
    assert(p2p__mdns_announce_has(a, to->form) && *from < a->count);
    begin(&w, out, to->unicast ? to->id : 0,
          P2P__DNS_RESPONSE | P2P__DNS_AUTHORITATIVE);
    if (to->unicast) {
        p2p__dnsw_question(&w, service, P2P__DNS_PTR);
    }
    if (to->form == P2P__MDNS_P2P) {
        put_today(&w, a, from);
    } else {
        put_2021(&w, a, service);
        *from = a->count;
    }
    return end(&w, out);
}

int p2p__mdns_write_services(const struct p2p__mdns_announce *a,
                             struct p2p__outbuf *out)
{
    struct p2p__dnsw w;

    begin(&w, out, 0, P2P__DNS_RESPONSE | P2P__DNS_AUTHORITATIVE);
    put_ptr(&w, P2P__MDNS_SERVICES, a->service);
    return end(&w, out);
}
