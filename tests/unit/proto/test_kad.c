/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Kademlia's distances, addresses and messages. */
#include "made_peer.h"
#include "proto/kad/key.h"
#include "proto/kad/msg.h"
#include "unit.h"

#include <stdio.h>

static struct p2p_multiaddr addr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static void add(struct p2p__kad_addrs *addrs, const char *text)
{
    const struct p2p_multiaddr ma = addr(text);

    (void)p2p__kad_addrs_add(addrs, &ma);
}

/* All addresses, with spaces between them. */
static const char *listed(const struct p2p__kad_addrs *addrs)
{
    static char list[4096];
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr ma;
    size_t len = 0;

    list[0] = '\0';
    p2p__kad_addrs_walk_init(&walk, addrs);
    while (p2p__kad_addrs_walk_next(&walk, &ma)) {
        len +=
            (size_t)snprintf(list + len, sizeof list - len, "%s%s",
                             len > 0 ? " " : "", p2p_multiaddr_text(&ma, text));
    }
    return list;
}

static void test_distance_is_xor(void **state)
{
    struct p2p__kad_key zero = {{0}}, one = {{0}}, far = {{0}};

    (void)state;
    one.b[31] = 1;
    far.b[0] = 0x10;
    assert_int_equal(p2p__kad_common(&zero, &zero), 256);
    assert_int_equal(p2p__kad_common(&zero, &one), 255);
    assert_int_equal(p2p__kad_common(&zero, &far), 3);
    assert_true(p2p__kad_compare(&zero, &one, &far) < 0);
    assert_true(p2p__kad_compare(&far, &one, &far) > 0);
    assert_int_equal(p2p__kad_compare(&zero, &far, &far), 0);
    /* SHA-256 of "abc", FIPS 180-2. */
    p2p__kad_key_of("abc", 3, &one);
    assert_int_equal(one.b[0], 0xba);
    assert_int_equal(one.b[31], 0xad);
}

static void test_addresses_are_kept_once(void **state)
{
    struct p2p__kad_addrs addrs = {0};

    (void)state;
    add(&addrs, "/ip4/192.0.2.1/tcp/1");
    add(&addrs, "/ip4/192.0.2.1/udp/1/quic-v1");
    add(&addrs, "/ip4/192.0.2.1/tcp/1");
    assert_int_equal(addrs.count, 2);
    assert_string_equal(listed(&addrs),
                        "/ip4/192.0.2.1/tcp/1 /ip4/192.0.2.1/udp/1/quic-v1");
}

static void test_T32_addresses_of_a_peer_have_a_cap(void **state)
{
    struct p2p__kad_addrs addrs = {0};
    char text[300];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_PEER_ADDRS, 8);
    assert_int_equal(P2P__CAP_KAD_ADDRS_BYTES, 320);
    for (int i = 1; i < 20; i++) {
        (void)snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/%d", i);
        add(&addrs, text);
    }
    assert_int_equal(addrs.count, 8);
    memset(&addrs, 0, sizeof addrs);
    for (int i = 1; i < 9; i++) {
        (void)snprintf(text, sizeof text, "/dns4/%0100d.example/tcp/1", i);
        add(&addrs, text);
    }
    assert_int_equal(addrs.count, 2);
    assert_true(addrs.len <= 320);
}

/* Whether an address fits one who is at a class of address. */
static bool fits(const char *text, enum p2p__addr_class whose)
{
    const struct p2p_multiaddr ma = addr(text);

    return p2p__kad_addr_fits(&ma, whose);
}

static void test_T32_who_is_outside_does_not_lead_us_inside(void **state)
{
    (void)state;
    assert_true(fits("/ip4/8.8.8.8/tcp/1", P2P__ADDR_PUBLIC));
    assert_true(fits("/dns4/example.com/tcp/1", P2P__ADDR_PUBLIC));
    assert_true(fits("/dnsaddr/example.com", P2P__ADDR_PUBLIC));
    assert_false(fits("/ip4/10.0.0.1/tcp/1", P2P__ADDR_PUBLIC));
    assert_false(fits("/ip4/169.254.169.254/tcp/80", P2P__ADDR_PUBLIC));
    assert_false(fits("/ip4/127.0.0.1/tcp/1", P2P__ADDR_PUBLIC));
    assert_false(fits("/dns4/localhost/tcp/1", P2P__ADDR_PUBLIC));
    assert_false(fits("/ip4/127.0.0.1/tcp/1", P2P__ADDR_PRIVATE));
    assert_true(fits("/ip4/10.0.0.1/tcp/1", P2P__ADDR_PRIVATE));
    assert_true(fits("/ip4/10.0.0.1/tcp/1", P2P__ADDR_LOOPBACK));
    assert_true(fits("/ip4/127.0.0.1/tcp/1", P2P__ADDR_LOOPBACK));
    assert_false(fits("/ip4/224.0.0.1/udp/1", P2P__ADDR_LOOPBACK));
    assert_false(fits("/memory/1", P2P__ADDR_LOOPBACK));
}

static void test_groups_are_of_public_addresses(void **state)
{
    struct p2p__addr a = {.family = 4, .ip = {8, 8, 1, 1}};
    struct p2p__addr b = {.family = 4, .ip = {8, 8, 2, 1}};
    const struct p2p__addr home = {.family = 4, .ip = {10, 0, 0, 1}};
    struct p2p__kad_addrs addrs = {0};

    (void)state;
    assert_true(p2p__kad_same_group(&a, &b, 16, 32));
    assert_false(p2p__kad_same_group(&a, &b, 24, 32));
    assert_false(p2p__kad_same_group(&home, &home, 16, 32));
    b = (struct p2p__addr){.family = 6, .ip = {0x20, 1}};
    assert_false(p2p__kad_same_group(&a, &b, 0, 0));
    add(&addrs, "/ip4/10.0.0.1/tcp/1");
    assert_false(p2p__kad_addrs_public(&addrs, &a));
    add(&addrs, "/ip4/8.8.4.4/tcp/1");
    assert_true(p2p__kad_addrs_public(&addrs, &a));
    assert_int_equal(a.ip[2], 4);
}

/* A message in a buffer, and what is read of it. */
struct written {
    uint8_t bytes[16384];
    struct p2p__pbw w;
    struct p2p__kad_msg msg;
};

static void begin(struct written *f)
{
    p2p__pbw_init(&f->w, f->bytes, sizeof f->bytes);
}

/* Reads what was written, behind its length. */
static int reread(struct written *f)
{
    const int len = p2p__pbw_end(&f->w);
    size_t head = 1;

    assert_true(len > 0);
    while ((f->bytes[head - 1] & 0x80) != 0) {
        head++;
    }
    return p2p__kad_msg_read(p2p__slice_of(f->bytes + head, (size_t)len - head),
                             &f->msg);
}

static void test_a_message_is_what_it_was(void **state)
{
    /* What go and rust send: FIND_NODE for the key "abc". */
    static const uint8_t known[] = {7, 0x08, 4, 0x12, 3, 'a', 'b', 'c'};
    const struct p2p__kad_msg find = {.type = P2P__KAD_FIND_NODE,
                                      .key = p2p__slice_of("abc", 3)};
    const struct p2p__kad_msg put = {.type = P2P__KAD_PUT_VALUE,
                                     .key = p2p__slice_of("key", 3),
                                     .has_record = true,
                                     .record_key = p2p__slice_of("key", 3),
                                     .value = p2p__slice_of("value", 5)};
    struct written f;

    (void)state;
    begin(&f);
    p2p__kad_msg_write(&f.w, &find);
    assert_int_equal(f.w.len, sizeof known);
    assert_memory_equal(f.bytes, known, sizeof known);
    assert_int_equal(reread(&f), 0);
    assert_int_equal(f.msg.type, P2P__KAD_FIND_NODE);
    assert_false(f.msg.has_record);
    begin(&f);
    p2p__kad_msg_write(&f.w, &put);
    assert_int_equal(reread(&f), 0);
    assert_true(f.msg.has_record);
    assert_int_equal(f.msg.value.len, 5);
    assert_memory_equal(f.msg.record_key.p, "key", 3);
}

static void test_what_is_no_message_is_refused(void **state)
{
    static const uint8_t type6[] = {0x08, 6};
    static const uint8_t cut[] = {0x12, 9, 'a'};
    static const uint8_t bad_record[] = {0x1a, 2, 0x0a, 9};
    uint8_t key[3 + 257] = {0x12, 0x81, 0x02};
    struct p2p__kad_msg msg;

    (void)state;
    assert_int_equal(p2p__kad_msg_read(p2p__slice_of(type6, 2), &msg),
                     P2P_EFORMAT);
    assert_int_equal(p2p__kad_msg_read(p2p__slice_of(cut, 3), &msg),
                     P2P_EFORMAT);
    assert_int_equal(p2p__kad_msg_read(p2p__slice_of(bad_record, 4), &msg),
                     P2P_EFORMAT);
    assert_int_equal(P2P__CAP_KAD_KEY_BYTES, 256);
    assert_int_equal(p2p__kad_msg_read(p2p__slice_of(key, sizeof key), &msg),
                     P2P_ETOOBIG);
    key[1] = 0x80;
    assert_int_equal(
        p2p__kad_msg_read(p2p__slice_of(key, sizeof key - 1), &msg), 0);
}

/* A message with `n` peers in a list, each with `n_addrs` addresses. */
static void with_peers(struct written *f, enum p2p__kad_list list, uint32_t n,
                       const struct p2p__kad_addrs *addrs)
{
    const struct p2p__kad_msg head = {.type = P2P__KAD_FIND_NODE};
    size_t mark;

    begin(f);
    mark = p2p__kad_msg_open(&f->w, &head);
    for (uint32_t i = 0; i < n; i++) {
        const struct p2p_peer_id id = made_peer(i);

        p2p__kad_msg_peer(&f->w, list, &id, addrs);
    }
    p2p__pbw_close(&f->w, mark);
    assert_int_equal(reread(f), 0);
}

static size_t walked(const struct written *f, enum p2p__kad_list list,
                     struct p2p__kad_peer *last)
{
    struct p2p__kad_walk walk;
    size_t n = 0;

    p2p__kad_walk_init(&walk, &f->msg, list, P2P__ADDR_PUBLIC);
    while (p2p__kad_walk_next(&walk, last)) {
        n++;
    }
    return n;
}

static void test_peers_are_walked_over(void **state)
{
    struct p2p__kad_addrs addrs = {0};
    const struct p2p_peer_id id = made_peer(2);
    struct p2p__kad_peer last;
    struct written f;

    (void)state;
    add(&addrs, "/ip4/8.8.8.8/tcp/1");
    add(&addrs, "/ip4/127.0.0.1/tcp/1");
    with_peers(&f, P2P__KAD_CLOSER, 3, &addrs);
    assert_int_equal(walked(&f, P2P__KAD_PROVIDERS, &last), 0);
    assert_int_equal(walked(&f, P2P__KAD_CLOSER, &last), 3);
    assert_true(p2p_peer_id_equal(&last.id, &id));
    assert_string_equal(listed(&last.addrs), "/ip4/8.8.8.8/tcp/1");
}

static void test_addresses_are_of_the_peer(void **state)
{
    struct p2p__kad_addrs addrs = {0};
    struct p2p__kad_peer last;
    struct written f;
    struct p2p_multiaddr ma = addr("/ip4/8.8.8.8/tcp/1");
    const struct p2p_peer_id own = made_peer(0), other = made_peer(1);

    (void)state;
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &own), 0);
    (void)p2p__kad_addrs_add(&addrs, &ma);
    ma = addr("/ip4/8.8.4.4/tcp/1");
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &other), 0);
    (void)p2p__kad_addrs_add(&addrs, &ma);
    with_peers(&f, P2P__KAD_PROVIDERS, 1, &addrs);
    assert_int_equal(walked(&f, P2P__KAD_PROVIDERS, &last), 1);
    assert_string_equal(listed(&last.addrs), "/ip4/8.8.8.8/tcp/1");
}

static void test_T32_peers_of_an_answer_have_a_cap(void **state)
{
    const struct p2p__kad_addrs none = {0};
    struct p2p__kad_peer last;
    struct written f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_CLOSER, 24);
    assert_int_equal(P2P__CAP_KAD_PROVIDERS, 64);
    with_peers(&f, P2P__KAD_CLOSER, 300, &none);
    assert_int_equal(walked(&f, P2P__KAD_CLOSER, &last), 24);
    with_peers(&f, P2P__KAD_PROVIDERS, 300, &none);
    assert_int_equal(walked(&f, P2P__KAD_PROVIDERS, &last), 64);
}

static void test_T32_addresses_that_are_looked_at_have_a_cap(void **state)
{
    struct p2p_peer_id id = made_peer(1);
    const struct p2p__kad_msg head = {.type = P2P__KAD_FIND_NODE};
    const struct p2p_multiaddr bad = addr("/ip4/127.0.0.1/tcp/1");
    const struct p2p_multiaddr good = addr("/ip4/8.8.8.8/tcp/1");
    struct p2p__kad_peer last;
    struct written f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_ADDRS_SEEN, 32);
    for (int n = 31; n <= 32; n++) {
        size_t mark, peer;

        begin(&f);
        mark = p2p__kad_msg_open(&f.w, &head);
        peer = p2p__pbw_open(&f.w, P2P__KAD_CLOSER);
        for (int i = 0; i < n; i++) {
            p2p__pbw_bytes(&f.w, P2P__KAD_FIELD_ADDR, bad.bytes, bad.len);
        }
        p2p__pbw_bytes(&f.w, P2P__KAD_FIELD_ADDR, good.bytes, good.len);
        p2p__pbw_bytes(&f.w, 1, id.bytes, id.len);
        p2p__pbw_close(&f.w, peer);
        p2p__pbw_close(&f.w, mark);
        assert_int_equal(reread(&f), 0);
        assert_int_equal(walked(&f, P2P__KAD_CLOSER, &last), 1);
        assert_int_equal(last.addrs.count, n == 31 ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_is_xor),
        cmocka_unit_test(test_addresses_are_kept_once),
        cmocka_unit_test(test_T32_addresses_of_a_peer_have_a_cap),
        cmocka_unit_test(test_T32_who_is_outside_does_not_lead_us_inside),
        cmocka_unit_test(test_groups_are_of_public_addresses),
        cmocka_unit_test(test_a_message_is_what_it_was),
        cmocka_unit_test(test_what_is_no_message_is_refused),
        cmocka_unit_test(test_peers_are_walked_over),
        cmocka_unit_test(test_addresses_are_of_the_peer),
        cmocka_unit_test(test_T32_peers_of_an_answer_have_a_cap),
        cmocka_unit_test(test_T32_addresses_that_are_looked_at_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
