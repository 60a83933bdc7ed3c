/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The NAT of tests/wan, as RFC 4787 has mapping, filtering and hairpins. */
#include "nat.h"
#include "unit.h"

#define OUTER 0x2c4d01feU /* 44.77.1.254 */

static const struct endpoint inner = {0x0a4d0101, 4000};
static const struct endpoint inner2 = {0x0a4d0102, 4000};
/* Two servers with two ports each. */
static const struct endpoint s1 = {0x2c4d0001, 7001};
static const struct endpoint s1b = {0x2c4d0001, 7002};
static const struct endpoint s2 = {0x2c4d0002, 7001};

/* A packet as a wire has it. */
struct wired {
    uint8_t bytes[128];
    size_t len;
};

static struct nat nat;

static void set_up(enum nat_by mapping, enum nat_by filtering, bool hairpin)
{
    nat_init(&nat, &(struct nat_config){.outer = OUTER,
                                        .mapping = mapping,
                                        .filtering = filtering,
                                        .hairpin = hairpin,
                                        .udp_idle = P2P__SEC(60),
                                        .tcp_idle = P2P__SEC(600),
                                        .seed = 1});
}

static void put(uint8_t *p, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
    }
}

/* An IP header in front of `body` bytes. */
static void header(uint8_t *p, uint8_t protocol, size_t body,
                   struct endpoint from, struct endpoint to)
{
    memset(p, 0, 20 + body);
    p[0] = 0x45;
    put(p + 2, (uint32_t)(20 + body), 2);
    p[8] = 64;
    p[9] = protocol;
    put(p + 12, from.addr, 4);
    put(p + 16, to.addr, 4);
}

static struct wired packet(uint8_t protocol, struct endpoint from,
                           struct endpoint to)
{
    /* An odd number of bytes of data. */
    const size_t body = protocol == PACKET_TCP ? 23 : 11;
    struct wired w = {.len = 20 + body};
    struct packet p;

    header(w.bytes, protocol, body, from, to);
    put(w.bytes + 20, from.port, 2);
    put(w.bytes + 22, to.port, 2);
    memcpy(w.bytes + w.len - 3, "abc", 3);
    if (protocol == PACKET_UDP) {
        put(w.bytes + 24, 11, 2);
        put(w.bytes + 26, 1, 2); /* a checksum is used */
    }
    assert_true(packet_read(&p, w.bytes, w.len));
    packet_seal(&p);
    return w;
}

/* All words and what else is summed: 0xffff where a checksum is right. */
static uint32_t total(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) {
        sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void assert_sealed(const struct wired *w)
{
    const uint8_t protocol = w->bytes[9];
    uint32_t pseudo = 0;

    assert_int_equal(total(w->bytes, 20, 0), 0xffff);
    if (protocol != PACKET_ICMP) {
        pseudo = total(w->bytes + 12, 8, protocol + (uint32_t)w->len - 20);
    }
    assert_int_equal(total(w->bytes + 20, w->len - 20, pseudo), 0xffff);
}

static struct packet read_back(struct wired *w)
{
    struct packet p;

    assert_true(packet_read(&p, w->bytes, w->len));
    assert_sealed(w);
    return p;
}

/* Sends one out; as whom it is seen. */
static struct endpoint out_by(uint8_t protocol, struct endpoint from,
                              struct endpoint to, p2p_ns now)
{
    struct wired w = packet(protocol, from, to);
    struct packet p;

    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, now), NAT_OUT);
    p = read_back(&w);
    assert_true(endpoint_equal(p.dst, to));
    assert_int_equal(p.src.addr, OUTER);
    return p.src;
}

static struct endpoint out(struct endpoint from, struct endpoint to)
{
    return out_by(PACKET_UDP, from, to, 0);
}

/* Whether one comes in, for `want` then. */
static bool comes_in(uint8_t protocol, struct endpoint from, struct endpoint to,
                     struct endpoint want, p2p_ns now)
{
    struct wired w = packet(protocol, from, to);
    struct packet p;

    if (nat_from_outside(&nat, w.bytes, w.len, now) != NAT_IN) {
        return false;
    }
    p = read_back(&w);
    assert_true(endpoint_equal(p.src, from));
    assert_true(endpoint_equal(p.dst, want));
    return true;
}

static bool in(struct endpoint from, struct endpoint to, struct endpoint want)
{
    return comes_in(PACKET_UDP, from, to, want, 0);
}

static void test_mapping(void **state)
{
    (void)state;
    for (enum nat_by by = NAT_BY_NOTHING; by <= NAT_BY_PORT; by++) {
        struct endpoint a, b, c;

        set_up(by, NAT_BY_PORT, false);
        a = out(inner, s1);
        b = out(inner, s1b);
        c = out(inner, s2);
        assert_true(endpoint_equal(a, out(inner, s1)));
        assert_int_equal(endpoint_equal(a, b), by != NAT_BY_PORT);
        assert_int_equal(endpoint_equal(a, c), by == NAT_BY_NOTHING);
        assert_true(in(s1, a, inner) && in(s1b, b, inner) && in(s2, c, inner));
    }
}

static void test_filtering(void **state)
{
    (void)state;
    for (enum nat_by by = NAT_BY_NOTHING; by <= NAT_BY_PORT; by++) {
        struct endpoint at;

        set_up(NAT_BY_NOTHING, by, false);
        at = out(inner, s1);
        assert_true(in(s1, at, inner));
        assert_int_equal(in(s1b, at, inner), by != NAT_BY_PORT);
        assert_int_equal(in(s2, at, inner), by == NAT_BY_NOTHING);
        (void)out(inner, s2);
        assert_true(in(s2, at, inner));
    }
}

static void test_nobody_gets_in_where_nothing_went_out(void **state)
{
    struct endpoint at;

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_NOTHING, false);
    at = out(inner, s1);
    assert_false(in(s1, (struct endpoint){OUTER, 4001}, inner));
    assert_false(in(s1, (struct endpoint){OUTER + 1, at.port}, inner));
    assert_false(comes_in(PACKET_TCP, s1, at, inner, 0));
}

static void test_ports_are_kept_where_they_can_be(void **state)
{
    struct endpoint a, b;

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_PORT, false);
    a = out(inner, s1);
    assert_int_equal(a.port, inner.port);
    b = out(inner2, s1);
    assert_int_not_equal(b.port, a.port);
    assert_true(in(s1, a, inner) && in(s1, b, inner2));
    /* Another protocol has ports of its own. */
    assert_int_equal(out_by(PACKET_TCP, inner2, s1, 0).port, inner2.port);
    /* A symmetric NAT shows nothing of it. */
    set_up(NAT_BY_PORT, NAT_BY_PORT, false);
    assert_int_not_equal(out(inner, s1).port, inner.port);
}

static enum nat_to hairpin(struct endpoint from, struct endpoint to,
                           struct packet *p, struct wired *w)
{
    enum nat_to where;

    *w = packet(PACKET_UDP, from, to);
    where = nat_from_inside(&nat, w->bytes, w->len, 0);
    if (where == NAT_IN) {
        *p = read_back(w);
    }
    return where;
}

static void test_hairpin(void **state)
{
    struct endpoint a, b;
    struct packet p;
    struct wired w;

    (void)state;
    for (int on = 0; on <= 1; on++) {
        set_up(NAT_BY_NOTHING, NAT_BY_PORT, on != 0);
        a = out(inner, s1);
        b = out(inner2, s1);
        /* inner2 has not sent there: the filter holds here, too. */
        assert_int_equal(hairpin(inner, b, &p, &w), NAT_NOWHERE);
        assert_int_equal(hairpin(inner2, a, &p, &w),
                         on != 0 ? NAT_IN : NAT_NOWHERE);
        if (on != 0) {
            assert_true(endpoint_equal(p.src, b));
            assert_true(endpoint_equal(p.dst, inner));
        }
    }
}

static void test_what_is_idle_is_forgotten(void **state)
{
    struct endpoint at;

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_NOTHING, false);
    at = out_by(PACKET_UDP, inner, s1, 0);
    assert_true(comes_in(PACKET_UDP, s1, at, inner, P2P__SEC(59)));
    /* What comes in keeps nothing alive. */
    assert_false(comes_in(PACKET_UDP, s1, at, inner, P2P__SEC(60)));
    (void)out_by(PACKET_UDP, inner, s1, P2P__SEC(61));
    (void)out_by(PACKET_UDP, inner, s1, P2P__SEC(100));
    assert_true(comes_in(PACKET_UDP, s1, at, inner, P2P__SEC(159)));
    at = out_by(PACKET_TCP, inner, s1, P2P__SEC(200));
    assert_true(comes_in(PACKET_TCP, s1, at, inner, P2P__SEC(799)));
    assert_false(comes_in(PACKET_TCP, s1, at, inner, P2P__SEC(800)));
}

static struct wired echo(uint8_t type, struct endpoint from, struct endpoint to,
                         uint16_t id)
{
    struct wired w = {.len = 30};
    struct packet p;

    header(w.bytes, PACKET_ICMP, 10, from, to);
    w.bytes[20] = type;
    put(w.bytes + 24, id, 2);
    assert_true(packet_read(&p, w.bytes, w.len));
    packet_seal(&p);
    return w;
}

static void test_echo(void **state)
{
    struct endpoint to = {.addr = OUTER};
    struct wired w = echo(8, inner, s1, 77), other = echo(8, inner2, s1, 77);
    struct packet p;

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_PORT, false);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_OUT);
    assert_int_equal(nat_from_inside(&nat, other.bytes, other.len, 0), NAT_OUT);
    assert_int_equal(read_back(&w).src.port, 77);
    assert_int_not_equal(read_back(&other).src.port, 77);
    w = echo(0, s1, to, 77);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_IN);
    p = read_back(&w);
    assert_true(p.dst.addr == inner.addr && p.dst.port == 77);
    /* Nobody is asked from outside, and nobody answers who was not asked. */
    w = echo(8, s1, to, 77);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);
    w = echo(8, inner, s1, 0);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_OUT);
    w = echo(8, s1, to, 0);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);
    w = echo(0, inner, s1, 77);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);
}

/* "Port unreachable" about a datagram. */
static struct wired unreachable(struct endpoint from, struct endpoint to,
                                const struct wired *about)
{
    struct wired w = {.len = 20 + 8 + 28};
    struct packet p;

    header(w.bytes, PACKET_ICMP, 36, from, to);
    w.bytes[20] = 3;
    w.bytes[21] = 3;
    memcpy(w.bytes + 28, about->bytes, 28);
    assert_true(packet_read(&p, w.bytes, w.len));
    packet_seal(&p);
    return w;
}

static void test_errors_reach_whom_they_are_for(void **state)
{
    struct packet p, about;
    struct wired sent = packet(PACKET_UDP, inner, s1), w, came;

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_PORT, false);
    assert_int_equal(nat_from_inside(&nat, sent.bytes, sent.len, 0), NAT_OUT);
    w = unreachable(s2, (struct endpoint){.addr = OUTER}, &sent);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_IN);
    p = read_back(&w);
    assert_true(p.dst.addr == inner.addr && p.src.addr == s2.addr);
    assert_true(packet_read_about(&p, &about));
    assert_true(endpoint_equal(about.src, inner));
    assert_true(endpoint_equal(about.dst, s1));
    assert_int_equal(total(about.at, 20, 0), 0xffff);

    w = unreachable(s2, (struct endpoint){.addr = OUTER + 1}, &sent);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);

    /* The other way: inside nobody listens any more. */
    came = packet(PACKET_UDP, s1, inner);
    w = unreachable(inner, s1, &came);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_OUT);
    p = read_back(&w);
    assert_int_equal(p.src.addr, OUTER);
    assert_true(packet_read_about(&p, &about));
    assert_true(
        endpoint_equal(about.dst, (struct endpoint){OUTER, inner.port}));

    /* About nothing that went through here. */
    sent = packet(PACKET_UDP, (struct endpoint){OUTER, 9}, s1);
    w = unreachable(s2, (struct endpoint){.addr = OUTER}, &sent);
    assert_int_equal(nat_from_outside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);
    came = packet(PACKET_UDP, s1, inner2);
    w = unreachable(inner2, s1, &came);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_NOWHERE);
}

static void test_a_checksum_that_is_not_used_stays_so(void **state)
{
    struct wired w = packet(PACKET_UDP, inner, s1);

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_PORT, false);
    put(w.bytes + 26, 0, 2);
    assert_int_equal(nat_from_inside(&nat, w.bytes, w.len, 0), NAT_OUT);
    assert_int_equal(w.bytes[26] << 8 | w.bytes[27], 0);
}

/* Each in memory of its own size, so that sanitizers see what is read. */
static void assert_nowhere(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = test_malloc(len + (len == 0));

    memcpy(exact, bytes, len);
    assert_int_equal(nat_from_inside(&nat, exact, len, 0), NAT_NOWHERE);
    memcpy(exact, bytes, len);
    assert_int_equal(nat_from_outside(&nat, exact, len, 0), NAT_NOWHERE);
    test_free(exact);
}

/* What has a header that says how long it is, and less than it must have. */
static void assert_cut_short(struct wired w, size_t least)
{
    for (size_t len = 20; len < least; len++) {
        put(w.bytes + 2, (uint32_t)len, 2);
        assert_nowhere(w.bytes, len);
    }
}

static void test_what_is_not_understood_is_dropped(void **state)
{
    struct wired udp = packet(PACKET_UDP, inner, s1), w;
    const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 0x65}, {0, 0x44}, {6, 0x20}, {7, 1}, {9, 47}, {3, 30}};

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_NOTHING, true);
    for (size_t i = 0; i < P2P__COUNT(wrong); i++) {
        w = udp;
        w.bytes[wrong[i].at] = wrong[i].value;
        assert_nowhere(w.bytes, w.len);
    }
    for (size_t len = 0; len < udp.len; len++) {
        assert_nowhere(udp.bytes, len);
    }
    assert_cut_short(udp, 20 + 8);
    assert_cut_short(packet(PACKET_TCP, inner, s1), 20 + 20);
    w = unreachable(s2, (struct endpoint){.addr = OUTER}, &udp);
    assert_cut_short(w, w.len);
    assert_int_equal(nat.n, 0);
}

static void test_a_full_table_forgets_the_oldest(void **state)
{
    struct endpoint at[NAT_MAPPINGS + 1];

    (void)state;
    set_up(NAT_BY_PORT, NAT_BY_PORT, false);
    for (unsigned i = 0; i <= NAT_MAPPINGS; i++) {
        at[i] = out_by(PACKET_UDP, inner,
                       (struct endpoint){s1.addr, (uint16_t)(1 + i)}, i);
    }
    assert_int_equal(nat.n, NAT_MAPPINGS);
    assert_false(in((struct endpoint){s1.addr, 1}, at[0], inner));
    for (unsigned i = 1; i <= NAT_MAPPINGS; i++) {
        assert_true(
            in((struct endpoint){s1.addr, (uint16_t)(1 + i)}, at[i], inner));
    }
}

static void test_the_latest_peers_are_remembered(void **state)
{
    struct endpoint at = {0};

    (void)state;
    set_up(NAT_BY_NOTHING, NAT_BY_PORT, false);
    for (unsigned i = 0; i <= NAT_PEERS; i++) {
        at = out(inner, (struct endpoint){s1.addr, (uint16_t)(1 + i)});
    }
    assert_false(in((struct endpoint){s1.addr, 1}, at, inner));
    assert_true(in((struct endpoint){s1.addr, 2}, at, inner));
    assert_true(in((struct endpoint){s1.addr, NAT_PEERS + 1}, at, inner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_filtering),
        cmocka_unit_test(test_nobody_gets_in_where_nothing_went_out),
        cmocka_unit_test(test_ports_are_kept_where_they_can_be),
        cmocka_unit_test(test_hairpin),
        cmocka_unit_test(test_what_is_idle_is_forgotten),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_errors_reach_whom_they_are_for),
        cmocka_unit_test(test_a_checksum_that_is_not_used_stays_so),
        cmocka_unit_test(test_what_is_not_understood_is_dropped),
        cmocka_unit_test(test_a_full_table_forgets_the_oldest),
        cmocka_unit_test(test_the_latest_peers_are_remembered),
    };

    return cmocka_run_group_tests_name("wan/nat", tests, NULL, NULL);
}
