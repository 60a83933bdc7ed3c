/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Addresses. Both parsers take what Unit takes, which is a little more and a
 * little less than inet_pton: leading zeros in octets, a first colon that may
 * be single, prefixes behind addresses that are none. Failure mode: false, or
 * the reason that Unit gives.
 */
#include "mesh/doc/addr.h"

#include <assert.h>

enum { IP4_LEN = 4, IP6_LEN = 16, PORT_MAX = 65535 };

static bool ip4_parse(struct um_str s, uint8_t *ip)
{
    uint64_t octet = 0;
    unsigned dots = 0;

    if (s.len == 0 || s.p[s.len - 1] == '.')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if (c >= '0' && c <= '9') {
            octet = octet * 10 + (uint64_t)(c - '0');
            if (octet > UINT32_MAX)
                return false;
            continue;
        }
        if (c != '.' || octet > 255 || dots == 3)
            return false;
        ip[dots++] = (uint8_t)octet;
        octet = 0;
    }
    if (dots != 3 || octet > 255)
        return false;
    ip[dots] = (uint8_t)octet;
    /* 255.255.255.255 is Unit's mark for "no address" */
    return memcmp(ip, "\xff\xff\xff\xff", IP4_LEN) != 0;
}

/* The groups of an IPv6 address while it is read. */
struct groups {
    uint16_t group[8];
    unsigned count;
    int gap; /* group before which zeros are missing, -1: none */
    bool in_group;
    size_t group_at; /* where the group that is read begins */
};

static bool add_group(struct groups *g, uint32_t value)
{
    if (g->count == 8)
        return false;
    g->group[g->count++] = (uint16_t)value;
    return true;
}

/* A colon: it ends a group, or it makes the gap. */
static bool colon(struct groups *g, uint32_t value, size_t next)
{
    if (g->in_group) {
        if (g->count >= 7 || !add_group(g, value))
            return false;
    } else {
        if (g->gap >= 0)
            return false;
        g->gap = (int)g->count;
    }
    g->in_group = false;
    g->group_at = next;
    return true;
}

/* The dotted tail that begins at g->group_at. */
static bool ip4_tail(struct um_str s, struct groups *g)
{
    uint8_t ip[IP4_LEN];

    if (g->group_at == 0 || g->count > 6)
        return false;
    if (!ip4_parse(um_str_skip(s, g->group_at), ip))
        return false;
    return add_group(g, (uint32_t)(ip[0] << 8 | ip[1])) &&
           add_group(g, (uint32_t)(ip[2] << 8 | ip[3]));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = um_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_groups(struct um_str s, struct groups *g)
{
    uint32_t value = 0;
    unsigned nibbles = 0;

    for (size_t i = s.p[0] == ':' ? 1 : 0; i < s.len; i++) {
        int digit = hex_value(s.p[i]);

        if (s.p[i] == ':') {
            if (!colon(g, value, i + 1))
                return false;
            value = 0;
            nibbles = 0;
            continue;
        }
        if (s.p[i] == '.' && nibbles > 0)
            return ip4_tail(s, g);
        if (digit < 0 || ++nibbles > 4)
            return false;
        value = value << 4 | (uint32_t)digit;
        g->in_group = true;
    }
    if (nibbles == 0 && g->gap < 0)
        return false;
    /* behind a final gap there is one more group, of zero */
    return add_group(g, value);
}

static bool ip6_parse(struct um_str s, uint8_t *ip)
{
    struct groups g = {.gap = -1};
    unsigned missing;

    if (s.len == 0 || !read_groups(s, &g))
        return false;
    missing = 8 - g.count;
    if ((missing > 0) != (g.gap >= 0))
        return false;
    for (unsigned i = 0; i < 8; i++) {
        unsigned gap = g.gap >= 0 ? (unsigned)g.gap : 8;
        uint16_t v = 0;

        if (i < gap)
            v = g.group[i];
        else if (i >= gap + missing)
            v = g.group[i - missing];
        ip[2 * i] = (uint8_t)(v >> 8);
        ip[2 * i + 1] = (uint8_t)v;
    }
    return true;
}

static bool port_parse(struct um_str s, uint16_t *port)
{
    int64_t n = um_str_decimal(s);

    if (n < 1 || n > PORT_MAX)
        return false;
    *port = (uint16_t)n;
    return true;
}

/* Two colons: that is how Unit tells IPv6 from IPv4. */
static bool looks_like_ip6(struct um_str s)
{
    struct um_str rest = um_str_skip(s, um_str_find(s, ':') + 1);

    return um_str_has(s, ':') && um_str_has(rest, ':');
}

static bool unix_parse(struct um_str path, bool no_zero, struct um_addr *out)
{
    if (path.len > UM_ADDR_UNIX_MAX)
        return false;
    out->kind = UM_ADDR_UNIX;
    out->abstract = path.p[0] == '@';
    if (!out->abstract && no_zero && um_str_has(path, '\0'))
        return false;
    memcpy(out->path, path.p, path.len);
    out->path_len = path.len;
    return true;
}

/* An address without brackets has no port, and Unit wants one: refused. */
static bool addr6_parse(struct um_str text, struct um_addr *out)
{
    size_t end = um_str_find(text, ']');
    struct um_str port = um_str_skip(text, end + 1);

    if (text.p[0] != '[' || end == text.len)
        return false;
    if (port.len < 2 || port.p[0] != ':' ||
        !port_parse(um_str_skip(port, 1), &out->port))
        return false;
    out->kind = UM_ADDR_IP6;
    return ip6_parse(um_str_n(text.p + 1, end - 1), out->ip);
}

static bool addr4_parse(struct um_str text, struct um_addr *out)
{
    size_t end = um_str_find(text, ':');
    struct um_str host = um_str_head(text, end);

    out->kind = UM_ADDR_IP4;
    if (end == text.len || host.len == 0)
        return false;
    if (!um_str_eq(host, UM_STR("*")) && !ip4_parse(host, out->ip))
        return false;
    return port_parse(um_str_skip(text, end + 1), &out->port);
}

bool um_addr_parse(struct um_str text, bool no_zero, struct um_addr *out)
{
    memset(out, 0, sizeof(*out));
    if (text.len == 0)
        return false;
    if (text.len > 6 && um_str_starts(text, UM_STR("unix:")))
        return unix_parse(um_str_skip(text, 5), no_zero, out);
    if (text.p[0] == '[' || looks_like_ip6(text))
        return addr6_parse(text, out);
    return addr4_parse(text, out);
}

bool um_addr_eq(const struct um_addr *a, const struct um_addr *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == UM_ADDR_UNIX)
        return um_str_eq(um_str_n(a->path, a->path_len),
                         um_str_n(b->path, b->path_len));
    return a->port == b->port &&
           memcmp(a->ip, b->ip, a->kind == UM_ADDR_IP4 ? IP4_LEN : IP6_LEN) ==
               0;
}

/* Unit refuses groups of more than four characters before it parses. */
static bool ip6_blocks_fit(struct um_str s)
{
    size_t run = 0;

    for (size_t i = 0; i < s.len; i++) {
        run = s.p[i] == ':' ? 0 : run + 1;
        if (run > 4)
            return false;
    }
    return true;
}

static bool pattern_ip(struct um_str s, unsigned ip_len, uint8_t *ip)
{
    if (ip_len == IP4_LEN)
        return ip4_parse(s, ip);
    return ip6_blocks_fit(s) && ip6_parse(s, ip);
}

static enum um_addr_fault pattern_range(struct um_str s, size_t dash,
                                        struct um_addr_pattern *out)
{
    if (!pattern_ip(um_str_head(s, dash), out->ip_len, out->first) ||
        !pattern_ip(um_str_skip(s, dash + 1), out->ip_len, out->last))
        return UM_ADDR_FORMAT;
    if (memcmp(out->first, out->last, out->ip_len) > 0)
        return UM_ADDR_OVERLAP;
    return UM_ADDR_OK;
}

static enum um_addr_fault pattern_prefix(struct um_str s, size_t slash,
                                         struct um_addr_pattern *out)
{
    int64_t bits = um_str_decimal(um_str_skip(s, slash + 1));
    unsigned whole = out->ip_len * 8;
    bool good;

    if (bits < 0 || bits > (int64_t)whole)
        return UM_ADDR_CIDR;
    good = pattern_ip(um_str_head(s, slash), out->ip_len, out->first);
    /* with a prefix below 32 Unit does not see that an IPv4 address is none */
    if (!good && (out->ip_len == IP6_LEN || bits == (int64_t)whole))
        return UM_ADDR_FORMAT;
    out->any = bits == 0;
    for (unsigned i = 0; i < out->ip_len; i++) {
        int left = (int)bits - (int)i * 8;

        if (left >= 8)
            left = 8;
        if (left < 0)
            left = 0;
        out->mask[i] = (uint8_t)(0xff00u >> left);
        out->first[i] &= out->mask[i];
    }
    memcpy(out->last, out->first, sizeof(out->last));
    return UM_ADDR_OK;
}

static enum um_addr_fault pattern_address(struct um_str s,
                                          struct um_addr_pattern *out)
{
    size_t dash = um_str_find(s, '-');
    size_t slash = um_str_find(s, '/');

    if (dash < s.len)
        return pattern_range(s, dash, out);
    if (slash < s.len)
        return pattern_prefix(s, slash, out);
    if (!pattern_ip(s, out->ip_len, out->first))
        return UM_ADDR_FORMAT;
    memcpy(out->last, out->first, sizeof(out->last));
    return UM_ADDR_OK;
}

static enum um_addr_fault pattern_ports(struct um_str s, bool loose_dash,
                                        struct um_addr_pattern *out)
{
    size_t dash = um_str_find(s, '-');
    int64_t first, last;

    if (s.len == 0)
        return UM_ADDR_FORMAT;
    if (loose_dash && dash + 1 == s.len)
        dash = s.len;
    first = um_str_decimal(um_str_head(s, dash));
    last = dash < s.len ? um_str_decimal(um_str_skip(s, dash + 1)) : first;
    if (first < 0 || first > PORT_MAX || last < first || last > PORT_MAX)
        return UM_ADDR_PORT;
    out->port_first = (uint16_t)first;
    out->port_last = (uint16_t)last;
    return UM_ADDR_OK;
}

/* Where "]:" last stands in s, behind its first byte; 0 if nowhere. */
static size_t bracket_end(struct um_str s)
{
    for (size_t i = s.len >= 2 ? s.len - 2 : 0; i > 0; i--) {
        if (s.p[i] == ']' && s.p[i + 1] == ':')
            return i;
    }
    return 0;
}

/* Splits off the port; port->p is NULL if there is none. */
static enum um_addr_fault pattern_split(struct um_str *addr,
                                        struct um_str *port,
                                        struct um_addr_pattern *out)
{
    size_t end;

    out->ip_len = looks_like_ip6(*addr) ? IP6_LEN : IP4_LEN;
    if (out->ip_len == IP4_LEN) {
        end = um_str_find(*addr, ':');
        if (end < addr->len)
            *port = um_str_skip(*addr, end + 1);
        *addr = um_str_head(*addr, end);
        return UM_ADDR_OK;
    }
    if (addr->p[0] != '[')
        return UM_ADDR_OK;
    *addr = um_str_skip(*addr, 1);
    end = bracket_end(*addr);
    if (end == 0)
        return UM_ADDR_FORMAT;
    *port = um_str_skip(*addr, end + 2);
    *addr = um_str_head(*addr, end);
    return UM_ADDR_OK;
}

enum um_addr_fault um_addr_pattern_parse(struct um_str text, bool loose_dash,
                                         struct um_addr_pattern *out)
{
    struct um_str port = {NULL, 0};
    enum um_addr_fault fault;

    memset(out, 0, sizeof(*out));
    memset(out->mask, 0xff, sizeof(out->mask));
    out->port_last = PORT_MAX;
    out->negative = um_str_starts(text, UM_STR("!"));
    text = um_str_skip(text, out->negative ? 1 : 0);
    out->is_unix = um_str_eq(text, UM_STR("unix"));
    if (out->is_unix)
        return UM_ADDR_OK;
    if (text.len < 2)
        return UM_ADDR_SHORT;
    out->any_family = um_str_starts(text, UM_STR("*:"));
    if (out->any_family)
        return pattern_ports(um_str_skip(text, 2), loose_dash, out);
    fault = pattern_split(&text, &port, out);
    if (fault == UM_ADDR_OK)
        fault = pattern_address(text, out);
    if (fault != UM_ADDR_OK || port.p == NULL)
        return fault;
    return pattern_ports(port, loose_dash, out);
}

static bool in_range(const struct um_addr_pattern *pattern,
                     const struct um_addr *a)
{
    uint8_t ip[IP6_LEN];

    if (pattern->any)
        return true;
    for (unsigned i = 0; i < pattern->ip_len; i++)
        ip[i] = a->ip[i] & pattern->mask[i];
    return memcmp(ip, pattern->first, pattern->ip_len) >= 0 &&
           memcmp(ip, pattern->last, pattern->ip_len) <= 0;
}

bool um_addr_pattern_match(const struct um_addr_pattern *pattern,
                           const struct um_addr *a)
{
    bool hit;

    if (pattern->is_unix || a->kind == UM_ADDR_UNIX) {
        hit = pattern->is_unix && a->kind == UM_ADDR_UNIX;
    } else {
        bool family =
            pattern->any_family ||
            pattern->ip_len == (a->kind == UM_ADDR_IP4 ? IP4_LEN : IP6_LEN);

        hit = family && a->port >= pattern->port_first &&
              a->port <= pattern->port_last &&
              (pattern->any_family || in_range(pattern, a));
    }
    return hit != pattern->negative;
}
