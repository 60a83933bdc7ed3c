/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ranges. An address of a range is read by the reader of Unit's addresses, so
 * both mean the same by the same text; but nothing sloppy is taken in a policy.
 * A listener at no address is at all of its family, and at "[::]" perhaps at
 * those of IPv4 too. Failure modes: no range; no memory.
 */
#include "mesh/trust/range.h"

#include <assert.h>

#include "mesh/trust/folder.h"
#include "p2p/err.h"

enum { IP4_LEN = 4, IP6_LEN = 16, PORT_MAX = 65535, HOST_MAX = 64 };

static bool read_port(struct um_str s, uint16_t *out)
{
    int64_t n = um_str_decimal(s);

    *out = (uint16_t)n;
    return n >= 0 && n <= PORT_MAX;
}

static bool read_ports(struct um_str s, struct um_range *out)
{
    size_t dash = um_str_find(s, '-');

    out->last = PORT_MAX;
    if (um_str_eq(s, UM_STR("*")))
        return true;
    if (!read_port(um_str_head(s, dash), &out->first))
        return false;
    out->last = out->first;
    return dash == s.len || (read_port(um_str_skip(s, dash + 1), &out->last) &&
                             out->last >= out->first);
}

/* Whether a text is made of what an address is written with. */
static bool is_strict(struct um_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = um_ascii_lower(host.p[i]);

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' ||
              c == '.'))
            return false;
    }
    return host.len > 0 && host.len < HOST_MAX;
}

/* An IP address, by itself. */
static bool read_ip(struct um_str host, bool ip6, struct um_range *out)
{
    char text[HOST_MAX + 4];
    struct um_addr addr;
    size_t n = 0;

    if (!is_strict(host))
        return false;
    if (ip6)
        text[n++] = '[';
    memcpy(text + n, host.p, host.len);
    n += host.len;
    if (ip6)
        text[n++] = ']';
    memcpy(text + n, ":1", 2);
    if (!um_addr_parse(um_str_n(text, n + 2), true, &addr) ||
        addr.kind != (ip6 ? UM_ADDR_IP6 : UM_ADDR_IP4))
        return false;
    memcpy(out->ip, addr.ip, sizeof(out->ip));
    return true;
}

/* An address, perhaps with the number of bits that count. */
static bool read_net(struct um_str host, bool ip6, struct um_range *out)
{
    size_t slash = um_str_find(host, '/');
    int64_t whole = ip6 ? IP6_LEN * 8 : IP4_LEN * 8;
    int64_t bits = whole;

    if (slash < host.len)
        bits = um_str_decimal(um_str_skip(host, slash + 1));
    if (bits < 0 || bits > whole)
        return false;
    out->kind = ip6 ? UM_RANGE_IP6 : UM_RANGE_IP4;
    out->bits = (unsigned)bits;
    return read_ip(um_str_head(host, slash), ip6, out);
}

static int read_unix(struct um_arena *a, struct um_str path,
                     struct um_range *out)
{
    char *to;

    out->kind = UM_RANGE_UNIX;
    out->below = path.len == 0 || um_str_ends(path, UM_STR("/"));
    out->abstract = um_str_starts(path, UM_STR("@"));
    out->path = path;
    if (path.len == 0 || out->abstract)
        return out->abstract && out->below ? P2P_EFORMAT : 0;
    to = um_arena_alloc(a, path.len);
    if (to == NULL)
        return P2P_ENOMEM;
    return um_folder_clean(path, to, &out->path) == UM_FOLDER_FINE
               ? 0
               : P2P_EFORMAT;
}

int um_range_parse(struct um_arena *a, struct um_str text, struct um_range *out)
{
    bool ip6 = um_str_starts(text, UM_STR("["));
    size_t end = um_str_find(text, ip6 ? ']' : ':');
    struct um_str host = um_str_head(text, end);
    bool ok;

    *out = (struct um_range){.kind = UM_RANGE_ANY};
    if (um_str_starts(text, UM_STR("unix:")))
        return read_unix(a, um_str_skip(text, 5), out);
    if (ip6 && end < text.len)
        end++;
    if (end >= text.len || text.p[end] != ':' ||
        !read_ports(um_str_skip(text, end + 1), out))
        return P2P_EFORMAT;
    ok = um_str_eq(host, UM_STR("*")) ||
         read_net(um_str_skip(host, ip6 ? 1 : 0), ip6, out);
    return ok ? 0 : P2P_EFORMAT;
}

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

/* Listens at all addresses of its family. */
static bool is_any(const struct um_addr *at)
{
    return at->kind != UM_ADDR_UNIX &&
           is_zero(at->ip, at->kind == UM_ADDR_IP4 ? IP4_LEN : IP6_LEN);
}

void um_range_resolve(struct um_addr *at, enum um_range_use use)
{
    if (at->kind == UM_ADDR_IP6 && is_zero(at->ip, 10) && at->ip[10] == 0xff &&
        at->ip[11] == 0xff) {
        at->kind = UM_ADDR_IP4;
        memmove(at->ip, at->ip + 12, IP4_LEN);
        memset(at->ip + IP4_LEN, 0, IP6_LEN - IP4_LEN);
    }
    if (use != UM_RANGE_CONNECT || !is_any(at))
        return;
    if (at->kind == UM_ADDR_IP4)
        at->ip[0] = 127;
    at->ip[at->kind == UM_ADDR_IP4 ? 3 : 15] = 1;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xff00u >> bits % 8 & 0xff;

    return memcmp(a, b, whole) == 0 &&
           (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool same_family(const struct um_range *r, const struct um_addr *at)
{
    return r->kind == UM_RANGE_ANY ||
           r->kind == (at->kind == UM_ADDR_IP4 ? UM_RANGE_IP4 : UM_RANGE_IP6);
}

/* Whether a unix socket is in a range; other if it cannot be said. */
static bool unix_in(const struct um_range *r, const struct um_addr *at,
                    bool other)
{
    struct um_str path = um_str_n(at->path, at->path_len);
    char clean[UM_ADDR_UNIX_MAX];

    if (r->kind != UM_RANGE_UNIX)
        return false;
    if (r->path.len == 0)
        return true;
    if (at->abstract || r->abstract)
        return at->abstract && r->abstract && um_str_eq(r->path, path);
    if (um_folder_clean(path, clean, &path) != UM_FOLDER_FINE)
        return other;
    return r->below ? um_folder_holds(r->path, path) : um_str_eq(r->path, path);
}

bool um_range_holds(const struct um_range *r, const struct um_addr *at)
{
    if (at->kind == UM_ADDR_UNIX)
        return unix_in(r, at, false);
    if (r->kind == UM_RANGE_UNIX || !same_family(r, at) ||
        at->port < r->first || at->port > r->last)
        return false;
    if (r->kind == UM_RANGE_ANY || r->bits == 0)
        return true;
    return !is_any(at) && same_bits(r->ip, at->ip, r->bits);
}

bool um_range_meets(const struct um_range *r, const struct um_addr *at)
{
    if (at->kind == UM_ADDR_UNIX)
        return unix_in(r, at, true);
    if (r->kind == UM_RANGE_UNIX || at->port < r->first || at->port > r->last)
        return false;
    if (is_any(at))
        return same_family(r, at) || at->kind == UM_ADDR_IP6;
    return same_family(r, at) &&
           (r->kind == UM_RANGE_ANY || same_bits(r->ip, at->ip, r->bits));
}
