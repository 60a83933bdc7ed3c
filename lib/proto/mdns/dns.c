/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * DNS messages: see dns.h.
 *
 * Reading: open() takes the header, next() one question or record at a time.
 * A name is first measured by name_end(), which holds its bounds, and only
 * then given to dn_expand(). Anything that does not fit the message ends the
 * walk with P2P_EFORMAT.
 *
 * Writing: every function checks the room; the first that finds too little
 * sets `full`, and all others do nothing from then on.
 */
#include "proto/mdns/dns.h"

#include <arpa/nameser.h>
#include <resolv.h>

#include "base/text.h"
#include "proto/mdns/caps.h"

#define HEADER_BYTES 12U
#define POINTER      0xc0U

/* A name's bytes when it is not compressed, the root's zero included. */
#define NAME_BYTES_MAX 255U

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

int p2p__dns_open(struct p2p__dns *d, const uint8_t *p, size_t len)
{
    size_t records = 0;

    *d = (struct p2p__dns){.p = p, .len = len, .at = HEADER_BYTES};
    if (len > P2P__CAP_MDNS_PACKET_BYTES) {
        return d->err = P2P_ETOOBIG;
    }
    if (len < HEADER_BYTES) {
        return d->err = P2P_EFORMAT;
    }
    d->id = get16(p);
    d->flags = get16(p + 2);
    for (size_t i = 0; i < P2P__DNS_SECTIONS; i++) {
        d->left[i] = get16(p + 4 + 2 * i);
        records += d->left[i];
    }
    if (records > P2P__CAP_MDNS_RECORDS) {
        return d->err = P2P_ELIMIT;
    }
    return 0;
}

/*
 * Where the name at `at` ends in the message (behind the first pointer, if it
 * has one), or 0. Every pointer leads to before the part that it ends, so
 * there are no loops.
 */
static size_t name_end(const struct p2p__dns *d, size_t at)
{
    size_t part = at, end = 0, bytes = 0, hops = 0;

    while (at < d->len) {
        const uint8_t c = d->p[at];

        if (c == 0) {
            return end > 0 ? end : at + 1;
        }
        if ((c & POINTER) == 0) {
            bytes += c + 1U;
            at += c + 1U;
            if (bytes >= NAME_BYTES_MAX) {
                return 0;
            }
            continue;
        }
        if ((c & POINTER) != POINTER || d->len - at < 2 ||
            ++hops > P2P__CAP_MDNS_HOPS) {
            return 0;
        }
        end = end > 0 ? end : at + 2;
        at = get16(d->p + at) & 0x3fffU;
        if (at >= part) {
            return 0;
        }
        part = at;
    }
    return 0;
}

/* Expands the name at `at`, whose bounds were checked. */
static void expand(const struct p2p__dns *d, size_t at, char *name)
{
    assert(at < d->len);
    if (dn_expand(d->p, d->p + d->len, d->p + at, name, P2P__DNS_NAME_MAX) <
        0) {
        name[0] = '\0';
    }
}

static bool fail(struct p2p__dns *d)
{
    d->err = P2P_EFORMAT;
    return false;
}

bool p2p__dns_next(struct p2p__dns *d, struct p2p__dns_rr *rr)
{
    size_t section = 0, end, fixed;

    while (section < P2P__DNS_SECTIONS && d->left[section] == 0) {
        section++;
    }
    if (section == P2P__DNS_SECTIONS || d->err != 0) {
        return false;
    }
    end = name_end(d, d->at);
    fixed = section == P2P__DNS_QUESTION ? 4 : 10;
    if (end == 0 || d->len - end < fixed) {
        return fail(d);
    }
    expand(d, d->at, rr->name);
    rr->section = (enum p2p__dns_section)section;
    rr->type = get16(d->p + end);
    rr->klass = get16(d->p + end + 2) & (P2P__DNS_CLASS_TOP - 1U);
    rr->top = (d->p[end + 2] & 0x80U) != 0;
    rr->ttl_s = 0;
    rr->rdata = d->p + end + fixed;
    rr->rdata_len = 0;
    if (section != P2P__DNS_QUESTION) {
        rr->ttl_s = get32(d->p + end + 4);
        rr->rdata_len = get16(d->p + end + 8);
    }
    if (rr->rdata_len > d->len - end - fixed) {
        return fail(d);
    }
    d->at = end + fixed + rr->rdata_len;
    d->left[section]--;
    return true;
}

int p2p__dns_target(const struct p2p__dns *d, const struct p2p__dns_rr *rr,
                    size_t skip, char name[P2P__DNS_NAME_MAX])
{
    size_t at = (size_t)(rr->rdata - d->p);
    size_t end;

    assert(at <= d->len && rr->rdata_len <= d->len - at);
    if (rr->rdata_len <= skip) {
        return P2P_EFORMAT;
    }
    end = name_end(d, at + skip);
    if (end == 0 || end > at + rr->rdata_len) {
        return P2P_EFORMAT;
    }
    expand(d, at + skip, name);
    return 0;
}

const char *p2p__dns_behind(const char *name, const char *front)
{
    for (; *front != '\0'; front++, name++) {
        if (p2p__lower(*name) != p2p__lower(*front)) {
            return NULL;
        }
    }
    return name;
}

bool p2p__dns_same(const char *a, const char *b)
{
    const char *rest = p2p__dns_behind(a, b);

    return rest != NULL && *rest == '\0';
}

bool p2p__dns_below(const char *name, const char *parent)
{
    size_t len = strlen(name), tail = strlen(parent);

    return len > tail + 1 && name[len - tail - 1] == '.' &&
           p2p__dns_same(name + len - tail, parent);
}

void p2p__dnsw_init(struct p2p__dnsw *w, uint8_t *p, size_t cap, uint16_t id,
                    uint16_t flags)
{
    assert(cap >= HEADER_BYTES);
    *w = (struct p2p__dnsw){.p = p, .len = HEADER_BYTES, .cap = cap};
    memset(p, 0, HEADER_BYTES);
    put16(p, id);
    put16(p + 2, flags);
    w->names[0] = p; /* dn_comp() wants the message first, then NULL */
}

/* Whether n more bytes fit; else the message is spoilt. */
static bool fits(struct p2p__dnsw *w, size_t n)
{
    assert(w->len <= w->cap);
    w->full = w->full || n > w->cap - w->len;
    return !w->full;
}

int p2p__dnsw_end(struct p2p__dnsw *w)
{
    for (size_t i = 0; i < P2P__DNS_SECTIONS; i++) {
        put16(w->p + 4 + 2 * i, w->counts[i]);
    }
    return w->full ? P2P_ETOOBIG : (int)w->len;
}

void p2p__dnsw_name(struct p2p__dnsw *w, const char *name)
{
    int n;

    if (w->full) {
        return;
    }
    n = dn_comp(name, w->p + w->len, (int)(w->cap - w->len), w->names,
                w->names + P2P__COUNT(w->names));
    if (n < 0) {
        w->full = true;
        return;
    }
    w->len += (size_t)n;
}

void p2p__dnsw_u16(struct p2p__dnsw *w, uint16_t v)
{
    if (fits(w, 2)) {
        put16(w->p + w->len, v);
        w->len += 2;
    }
}

void p2p__dnsw_bytes(struct p2p__dnsw *w, const void *p, size_t len)
{
    if (fits(w, len)) {
        memcpy(w->p + w->len, p, len);
        w->len += len;
    }
}

void p2p__dnsw_text(struct p2p__dnsw *w, const char *prefix, const char *text)
{
    const size_t len = strlen(prefix) + strlen(text);
    const uint8_t byte = (uint8_t)len;

    assert(len <= UINT8_MAX);
    p2p__dnsw_bytes(w, &byte, 1);
    p2p__dnsw_bytes(w, prefix, strlen(prefix));
    p2p__dnsw_bytes(w, text, strlen(text));
}

void p2p__dnsw_question(struct p2p__dnsw *w, const char *name, uint16_t type)
{
    p2p__dnsw_name(w, name);
    p2p__dnsw_u16(w, type);
    p2p__dnsw_u16(w, P2P__DNS_IN);
    w->counts[P2P__DNS_QUESTION]++;
}

size_t p2p__dnsw_open(struct p2p__dnsw *w, enum p2p__dns_section section,
                      const char *name, uint16_t type, uint32_t ttl_s)
{
    assert(section != P2P__DNS_QUESTION);
    p2p__dnsw_name(w, name);
    p2p__dnsw_u16(w, type);
    p2p__dnsw_u16(w, P2P__DNS_IN);
    p2p__dnsw_u16(w, (uint16_t)(ttl_s >> 16));
    p2p__dnsw_u16(w, (uint16_t)ttl_s);
    p2p__dnsw_u16(w, 0);
    w->counts[section]++;
    return w->len;
}

void p2p__dnsw_close(struct p2p__dnsw *w, size_t mark)
{
    assert(mark >= HEADER_BYTES && mark <= w->len);
    if (!w->full) {
        put16(w->p + mark - 2, w->len - mark);
    }
}
