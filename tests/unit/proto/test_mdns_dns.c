/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* DNS messages: what is read, what is refused, what is written; T37. */
#include "proto/mdns/dns.h"

#include <stdlib.h>

#include "hex.h"
#include "mdns_packets.h"
#include "proto/mdns/caps.h"
#include "unit.h"

#define HEADER 12U

/* Reads all of a packet that lies in memory of its size; returns the error,
 * and how many questions and records were read before it. */
static int walk(const uint8_t *p, size_t len, size_t *count)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    struct p2p__dns d;
    struct p2p__dns_rr rr;

    assert_non_null(copy);
    memcpy(copy, p, len);
    *count = 0;
    if (p2p__dns_open(&d, copy, len) == 0) {
        while (p2p__dns_next(&d, &rr)) {
            char name[P2P__DNS_NAME_MAX];

            (void)p2p__dns_target(&d, &rr, 0, name);
            (void)p2p__dns_target(&d, &rr, 6, name);
            ++*count;
        }
        assert_false(p2p__dns_next(&d, &rr));
    }
    free(copy);
    return d.err;
}

static void test_reads_questions_and_records(void **state)
{
    uint8_t p[512];
    size_t len = unhex(JS2021_ANSWER, p, sizeof p);
    struct p2p__dns d;
    struct p2p__dns_rr rr;
    char name[P2P__DNS_NAME_MAX];

    (void)state;
    assert_int_equal(p2p__dns_open(&d, p, len), 0);
    assert_int_equal(d.id, 0);
    assert_int_equal(d.flags, P2P__DNS_RESPONSE | P2P__DNS_AUTHORITATIVE);
    assert_true(p2p__dns_next(&d, &rr));
    assert_string_equal(rr.name, "ipfs.local");
    assert_int_equal(rr.section, P2P__DNS_ANSWER);
    assert_int_equal(rr.type, P2P__DNS_PTR);
    assert_int_equal(rr.klass, P2P__DNS_IN);
    assert_int_equal(rr.ttl_s, 120);
    assert_int_equal(p2p__dns_target(&d, &rr, 0, name), 0);
    assert_string_equal(name, JS_QM_ID ".ipfs.local");
    assert_true(p2p__dns_next(&d, &rr));
    assert_int_equal(rr.type, P2P__DNS_SRV);
    assert_int_equal(p2p__dns_target(&d, &rr, 6, name), 0);
    assert_string_equal(name, "node-a");
    assert_true(p2p__dns_next(&d, &rr));
    assert_int_equal(rr.type, P2P__DNS_TXT);
    assert_int_equal(rr.rdata_len, 1 + strlen(JS_QM_ID));
    assert_true(p2p__dns_next(&d, &rr));
    assert_true(p2p__dns_next(&d, &rr));
    assert_string_equal(rr.name, "node-a");
    assert_int_equal(rr.type, P2P__DNS_A);
    assert_hex(rr.rdata, rr.rdata_len, "c0a80704");
    assert_false(p2p__dns_next(&d, &rr));
    assert_int_equal(d.err, 0);
    assert_int_equal(d.at, len);
}

static void test_a_packet_that_is_cut_is_refused(void **state)
{
    const char *const packets[] = {JS3_QUERY, JS3_ANSWER, GO2021_ANSWER};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(packets); i++) {
        uint8_t p[512];
        size_t len = unhex(packets[i], p, sizeof p), count;

        assert_int_equal(walk(p, len, &count), 0);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(walk(p, cut, &count), P2P_EFORMAT);
        }
    }
}

/* A message with one question whose name is `hex`, and room behind it. */
static int walk_name(const char *hex)
{
    uint8_t p[1024] = {0};
    size_t len = HEADER, count;

    p[5] = 1;
    len += unhex(hex, p + len, sizeof p - len);
    p[len + 1] = P2P__DNS_PTR;
    p[len + 3] = P2P__DNS_IN;
    return walk(p, len + 4, &count);
}

static void test_T37_pointers_lead_backwards(void **state)
{
    (void)state;
    assert_int_equal(walk_name("0161 00"), 0);
    assert_int_equal(walk_name("c00c"), P2P_EFORMAT);      /* itself */
    assert_int_equal(walk_name("0161 c00c"), P2P_EFORMAT); /* its own front */
    assert_int_equal(walk_name("c00e 0161 00"), P2P_EFORMAT); /* forward */
    assert_int_equal(walk_name("c0ff"), P2P_EFORMAT);         /* outside */
    assert_int_equal(walk_name("ffff"), P2P_EFORMAT);
    assert_int_equal(walk_name("c000"), 0); /* the header reads as root */
    assert_int_equal(walk_name("c0"), P2P_EFORMAT);
}

static void test_T37_labels_and_names_have_their_lengths(void **state)
{
    char hex[2 * 260 + 1] = {0};

    (void)state;
    assert_int_equal(walk_name("4161 00"), P2P_EFORMAT); /* reserved kinds */
    assert_int_equal(walk_name("8161 00"), P2P_EFORMAT);
    for (size_t i = 0; i < 127; i++) {
        memcpy(hex + 4 * i, "0161", 4);
    }
    memcpy(hex + (size_t)4 * 127, "00", 3); /* 255 bytes */
    assert_int_equal(walk_name(hex), 0);
    memcpy(hex + (size_t)4 * 126, "02616100", 9); /* 256 */
    assert_int_equal(walk_name(hex), P2P_EFORMAT);
    memcpy(hex + (size_t)4 * 126, "0161016100", 11);
    assert_int_equal(walk_name(hex), P2P_EFORMAT);
}

/* Records whose names are pointers to pointers, `hops` deep. */
static int walk_hops(size_t hops, size_t records)
{
    uint8_t p[P2P__CAP_MDNS_PACKET_BYTES] = {0};
    size_t at = HEADER, chain = 0, count;

    p[7] = (uint8_t)records;
    /* The first record's data holds the chain; its name is the root. */
    at += 9;
    p[at++] = 0;
    p[at++] = (uint8_t)(2 * hops + 1);
    p[at++] = 0;
    for (size_t i = 0; i < hops; i++) {
        const size_t to = i == 0 ? at - 1 : chain;

        chain = at;
        p[at++] = (uint8_t)(0xc0 | to >> 8);
        p[at++] = (uint8_t)to;
    }
    for (size_t i = 1; i < records; i++) {
        p[at++] = (uint8_t)(0xc0 | chain >> 8);
        p[at++] = (uint8_t)chain;
        at += 10;
    }
    return walk(p, at, &count);
}

static void test_T37_pointers_are_counted(void **state)
{
    (void)state;
    /* The name's own pointer counts too. */
    assert_int_equal(walk_hops(P2P__CAP_MDNS_HOPS - 1, 2), 0);
    assert_int_equal(walk_hops(P2P__CAP_MDNS_HOPS, 2), P2P_EFORMAT);
    assert_int_equal(walk_hops(100, 100), P2P_EFORMAT);
}

static void test_T37_records_are_counted(void **state)
{
    uint8_t p[P2P__CAP_MDNS_PACKET_BYTES + 1] = {0};
    size_t count;

    (void)state;
    p[5] = P2P__CAP_MDNS_RECORDS;
    assert_int_equal(walk(p, HEADER + 5 * P2P__CAP_MDNS_RECORDS, &count), 0);
    assert_int_equal(count, P2P__CAP_MDNS_RECORDS);
    p[7] = 1;
    assert_int_equal(walk(p, sizeof p - 1, &count), P2P_ELIMIT);
    memset(p + 4, 0xff, 8);
    assert_int_equal(walk(p, sizeof p - 1, &count), P2P_ELIMIT);
    assert_int_equal(walk(p, sizeof p, &count), P2P_ETOOBIG);
}

static void test_data_ends_within_the_message(void **state)
{
    /* An A record at the root with 4 bytes of data, then one byte less. */
    const char *const whole =
        "000000000000000100000000"
        "00 0001 0001 00000078 0004 7f000001";
    uint8_t p[64];
    size_t len = unhex(whole, p, sizeof p), count;

    (void)state;
    assert_int_equal(walk(p, len, &count), 0);
    assert_int_equal(count, 1);
    p[len - 5] = 5;
    assert_int_equal(walk(p, len, &count), P2P_EFORMAT);
    p[len - 6] = 0xff;
    assert_int_equal(walk(p, len, &count), P2P_EFORMAT);
}

static void test_a_target_ends_within_its_data(void **state)
{
    /* PTR data of 2 bytes that begins a label of 5. */
    const char *const hex =
        "000000000000000100000000"
        "00 000c 0001 00000078 0002 0561"
        "62636465 00";
    uint8_t p[64];
    size_t len = unhex(hex, p, sizeof p);
    struct p2p__dns d;
    struct p2p__dns_rr rr;
    char name[P2P__DNS_NAME_MAX];

    (void)state;
    assert_int_equal(p2p__dns_open(&d, p, len), 0);
    assert_true(p2p__dns_next(&d, &rr));
    assert_int_equal(p2p__dns_target(&d, &rr, 0, name), P2P_EFORMAT);
    assert_int_equal(p2p__dns_target(&d, &rr, 2, name), P2P_EFORMAT);
    assert_int_equal(p2p__dns_target(&d, &rr, 6, name), P2P_EFORMAT);
}

static void test_top_bits_of_classes_are_apart(void **state)
{
    const char *const hex =
        "000000000000000100000000"
        "00 0010 8001 00000078 0000";
    uint8_t p[64];
    size_t len = unhex(hex, p, sizeof p);
    struct p2p__dns d;
    struct p2p__dns_rr rr;

    (void)state;
    assert_int_equal(p2p__dns_open(&d, p, len), 0);
    assert_true(p2p__dns_next(&d, &rr));
    assert_int_equal(rr.klass, P2P__DNS_IN);
    assert_true(rr.top);
}

static void test_names_are_compared_as_dns_does(void **state)
{
    (void)state;
    assert_true(p2p__dns_same("_P2P._udp.LocAZ", "_p2p._udp.locaz"));
    assert_false(p2p__dns_same("_p2p._udp.loca", "_p2p._udp.local"));
    assert_true(p2p__dns_below("x._P2P._udp.local", "_p2p._udp.local"));
    assert_true(p2p__dns_below("y.x._p2p._udp.local", "_p2p._udp.local"));
    assert_false(p2p__dns_below("_p2p._udp.local", "_p2p._udp.local"));
    assert_false(p2p__dns_below("._p2p._udp.local", "_p2p._udp.local"));
    assert_false(p2p__dns_below("x_p2p._udp.local", "_p2p._udp.local"));
    assert_false(p2p__dns_below("", "_p2p._udp.local"));
}

static void test_writes_compressed(void **state)
{
    uint8_t p[128];
    struct p2p__dnsw w;
    size_t mark;
    int len;

    (void)state;
    p2p__dnsw_init(&w, p, sizeof p, 0x1234, P2P__DNS_RESPONSE);
    p2p__dnsw_question(&w, "_p2p._udp.local", P2P__DNS_PTR);
    mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, "_p2p._udp.local", P2P__DNS_PTR,
                          120);
    p2p__dnsw_name(&w, "me._p2p._udp.local");
    p2p__dnsw_close(&w, mark);
    mark = p2p__dnsw_open(&w, P2P__DNS_ADDITIONAL, "me._p2p._udp.local",
                          P2P__DNS_TXT, 0x10002);
    p2p__dnsw_text(&w, "a=", "b");
    p2p__dnsw_close(&w, mark);
    len = p2p__dnsw_end(&w);
    assert_true(len > 0);
    assert_hex(p, (size_t)len,
               "1234 8000 0001 0001 0000 0001"
               "045f703270 045f756470 056c6f63616c 00 000c 0001"
               "c00c 000c 0001 00000078 0005 026d65 c00c"
               "c02d 0010 0001 00010002 0004 03 613d62");
}

static void test_what_does_not_fit_is_told(void **state)
{
    uint8_t p[80];

    (void)state;
    for (size_t cap = HEADER; cap < sizeof p; cap++) {
        uint8_t *small = malloc(cap);
        struct p2p__dnsw w;
        size_t mark;
        int rv;

        assert_non_null(small);
        p2p__dnsw_init(&w, small, cap, 0, 0);
        p2p__dnsw_question(&w, "_p2p._udp.local", P2P__DNS_PTR);
        mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, "_p2p._udp.local",
                              P2P__DNS_SRV, 1);
        p2p__dnsw_u16(&w, 7);
        p2p__dnsw_bytes(&w, "abcd", 4);
        p2p__dnsw_text(&w, "x", "yz");
        p2p__dnsw_close(&w, mark);
        rv = p2p__dnsw_end(&w);
        assert_int_equal(rv, cap < 55 ? P2P_ETOOBIG : 55);
        free(small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_questions_and_records),
        cmocka_unit_test(test_a_packet_that_is_cut_is_refused),
        cmocka_unit_test(test_T37_pointers_lead_backwards),
        cmocka_unit_test(test_T37_labels_and_names_have_their_lengths),
        cmocka_unit_test(test_T37_pointers_are_counted),
        cmocka_unit_test(test_T37_records_are_counted),
        cmocka_unit_test(test_data_ends_within_the_message),
        cmocka_unit_test(test_a_target_ends_within_its_data),
        cmocka_unit_test(test_top_bits_of_classes_are_apart),
        cmocka_unit_test(test_names_are_compared_as_dns_does),
        cmocka_unit_test(test_writes_compressed),
        cmocka_unit_test(test_what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
