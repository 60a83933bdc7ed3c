/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What others' packets say to us, and what ours say to them. */
#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "mdns_packets.h"
#include "proto/mdns/announce.h"
#include "proto/mdns/found.h"
#include "test_env.h"
#include "unit.h"

struct side {
    struct test_env env;
    struct p2p__mdns_announce a;
    struct p2p__mdns_msg msg;
    struct p2p__mdns_from from;
    uint8_t packet[P2P__CAP_MDNS_PACKET_BYTES];
    size_t len;
};

static struct p2p_multiaddr addr_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static struct side *side_new(const char *id, const char *service)
{
    struct side *s = calloc(1, sizeof *s);
    struct p2p_peer_id self;

    assert_non_null(s);
    test_env_init(&s->env, 3);
    assert_int_equal(p2p_peer_id_from_text(id, strlen(id), &self), 0);
    assert_int_equal(
        p2p__mdns_announce_init(&s->a, &self, service, &s->env.env), 0);
    s->from.addr =
        (struct p2p__addr){.family = 4, .ip = {192, 168, 7, 3}, .port = 5353};
    s->from.ifindex = 2;
    return s;
}

static int read_packet(struct side *s)
{
    struct p2p__slice in;
    uint8_t *copy = malloc(s->len);
    int rv;

    assert_non_null(copy);
    memcpy(copy, s->packet, s->len);
    in = p2p__slice_of(copy, s->len);
    rv = p2p__mdns_read(&in, &s->a, &s->from, &s->msg);
    free(copy);
    return rv;
}

static int read_hex(struct side *s, const char *hex)
{
    s->len = unhex(hex, s->packet, sizeof s->packet);
    return read_packet(s);
}

static void assert_addr(const struct side *s, size_t i, const char *text)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_true(i < s->msg.peer.count);
    assert_string_equal(p2p_multiaddr_text(&s->msg.peer.addrs[i], buf), text);
}

static void assert_peer(const struct side *s, const char *id)
{
    char buf[P2P_PEER_ID_TEXT_MAX];

    assert_string_equal(p2p_peer_id_text(&s->msg.peer.id, buf), id);
}

static void set_addrs(struct side *s, const char *const *texts, size_t count)
{
    struct p2p_multiaddr *addrs = calloc(count + 1, sizeof *addrs);

    assert_non_null(addrs);
    for (size_t i = 0; i < count; i++) {
        addrs[i] = addr_of(texts[i]);
    }
    (void)p2p__mdns_announce_set(&s->a, addrs, count);
    free(addrs);
}

/* Writes the packet of a record that begins with address `from`. */
static size_t write_record(struct side *s, enum p2p__mdns_form form,
                           size_t from)
{
    struct p2p__mdns_reply to = {.form = form};
    struct p2p__outbuf out = {.p = s->packet, .cap = sizeof s->packet};

    assert_int_equal(p2p__mdns_write_answer(&s->a, &to, &from, &out), 0);
    assert_true(out.len <= P2P__CAP_MDNS_SEND_BYTES);
    s->len = out.len;
    return from;
}

static void test_reads_js_of_today(void **state)
{
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    assert_int_equal(read_hex(s, JS3_QUERY), 0);
    assert_false(s->msg.answer);
    assert_int_equal(s->msg.asked, P2P__MDNS_TODAY);
    assert_int_equal(read_hex(s, JS3_ANSWER), 0);
    assert_true(s->msg.answer);
    assert_peer(s, JS_ID);
    assert_int_equal(s->msg.peer.ttl_s, 120);
    assert_int_equal(s->msg.peer.count, 1);
    assert_addr(s, 0, "/ip4/192.168.7.3/tcp/40001");
    s->from.own_host = true;
    assert_int_equal(read_hex(s, JS3_ANSWER), 0);
    assert_int_equal(s->msg.peer.count, 2);
    assert_addr(s, 0, "/ip4/127.0.0.1/tcp/40001");
    free(s);
}

static void test_reads_js_of_2021(void **state)
{
    struct side *s = side_new(JS_ID, NULL);

    (void)state;
    assert_int_equal(read_hex(s, JS2021_QUERY), 0);
    assert_int_equal(s->msg.asked, P2P__MDNS_BIT(P2P__MDNS_IPFS));
    assert_int_equal(read_hex(s, JS2021_ANSWER), 0);
    assert_peer(s, JS_QM_ID);
    assert_int_equal(s->msg.peer.count, 1);
    assert_addr(s, 0, "/ip4/192.168.7.4/tcp/40002");
    assert_int_equal(read_hex(s, GO2021_QUERY), 0);
    assert_int_equal(s->msg.id, 1);
    assert_int_equal(s->msg.asked, P2P__MDNS_BIT(P2P__MDNS_GO));
    s->from.own_host = true;
    assert_int_equal(read_hex(s, GO2021_ANSWER), 0);
    assert_peer(s, JS_QM_ID);
    assert_int_equal(s->msg.peer.count, 2);
    assert_addr(s, 0, "/ip4/127.0.0.1/tcp/40002");
    assert_addr(s, 1, "/ip4/192.168.7.4/tcp/40002");
    free(s);
}

/* As rust says it: the PTR alone among the answers, leading to a name that is
 * one label and no more, and a TXT each address among the additional records,
 * with the class's top bit. */
static void test_reads_rust(void **state)
{
    struct side *s = side_new(JS_QM_ID, NULL);
    struct p2p__dnsw w;
    size_t mark;

    (void)state;
    p2p__dnsw_init(&w, s->packet, sizeof s->packet, 77, 0x8400);
    mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, P2P__MDNS_SERVICE, P2P__DNS_PTR,
                          360);
    p2p__dnsw_name(&w, "Ab1");
    p2p__dnsw_close(&w, mark);
    for (int i = 1; i <= 2; i++) {
        mark =
            p2p__dnsw_open(&w, P2P__DNS_ADDITIONAL, "Ab1", P2P__DNS_TXT, 360);
        s->packet[mark - 8] |= 0x80;
        p2p__dnsw_text(&w,
                       i == 1 ? "dnsaddr=/ip4/10.0.0.1/tcp/9"
                              : "dnsaddr=/ip4/10.0.0.1/udp/9/quic-v1",
                       "/p2p/" JS_ID);
        p2p__dnsw_close(&w, mark);
    }
    s->len = (size_t)p2p__dnsw_end(&w);
    assert_int_equal(read_packet(s), 0);
    assert_peer(s, JS_ID);
    assert_int_equal(s->msg.peer.ttl_s, 360);
    assert_int_equal(s->msg.peer.count, 2);
    assert_addr(s, 0, "/ip4/10.0.0.1/tcp/9");
    assert_addr(s, 1, "/ip4/10.0.0.1/udp/9/quic-v1");
    free(s);
}

/* A packet with one TXT of these strings. */
static int read_txt(struct side *s, const char *name, uint32_t ttl_s,
                    const char *const *texts, size_t count)
{
    struct p2p__dnsw w;
    size_t mark;

    p2p__dnsw_init(&w, s->packet, sizeof s->packet, 0, 0x8400);
    mark = p2p__dnsw_open(&w, P2P__DNS_ADDITIONAL, name, P2P__DNS_TXT, ttl_s);
    for (size_t i = 0; i < count; i++) {
        p2p__dnsw_text(&w, "", texts[i]);
    }
    p2p__dnsw_close(&w, mark);
    s->len = (size_t)p2p__dnsw_end(&w);
    return read_packet(s);
}

#define A_NAME   "x._p2p._udp.local"
#define P2P_ID   "/p2p/" JS_ID
#define DNS(ip_) "dnsaddr=" ip_ P2P_ID

static void test_keeps_addresses_of_a_link_alone(void **state)
{
    const char *const texts[] = {
        DNS("/ip4/10.1.2.3/tcp/1"),
        DNS("/ip4/8.8.8.8/tcp/2"),
        DNS("/ip4/127.0.0.1/tcp/3"),
        DNS("/ip4/0.0.0.0/tcp/4"),
        DNS("/ip4/224.0.0.251/udp/5/quic-v1"),
        DNS("/ip4/10.1.2.3/tcp/0"),
        DNS("/ip4/10.1.2.3/tcp/1"), /* again */
        DNS("/dns4/evil.example/tcp/6"),
        DNS("/ip6/2001:db8::1/tcp/7"),
        DNS("/ip6/::ffff:8.8.8.8/tcp/8"),
        DNS("/ip6/fd00::9/tcp/9"),
        DNS("/unix/tmp"),
        DNS("/ip4/169.254.1.1/tcp/10/ws"),
        "dnsaddr=/ip4/10.0.0.9/tcp/11" P2P_ID "/p2p-circuit/p2p/" JS_ID,
        "dnsaddr=/ip4/10.0.0.9/tcp/12",
        "dnsaddr=/ip4/10.0.0.9/tcp/13/p2p/" JS_QM_ID, /* another's */
        "dnsaddr=/ip4/10.0.0.9/foo/14" P2P_ID,
        "dnsaddr=",
        "",
        "version=1",
    };
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    assert_int_equal(read_txt(s, A_NAME, 120, texts, P2P__COUNT(texts)), 0);
    assert_peer(s, JS_ID);
    assert_int_equal(s->msg.peer.count, 3);
    assert_addr(s, 0, "/ip4/10.1.2.3/tcp/1");
    assert_addr(s, 1, "/ip6/fd00::9/tcp/9");
    assert_addr(s, 2, "/ip4/169.254.1.1/tcp/10/ws");
    free(s);
}

static void test_link_local_addresses_get_the_link(void **state)
{
    const char *const texts[] = {DNS("/ip6/fe80::1/udp/1/quic-v1"),
                                 DNS("/ip6zone/eth9/ip6/fe80::2/tcp/2")};
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    assert_int_equal(read_txt(s, A_NAME, 120, texts, P2P__COUNT(texts)), 0);
    assert_int_equal(s->msg.peer.count, 2);
    assert_addr(s, 0, "/ip6zone/2/ip6/fe80::1/udp/1/quic-v1");
    assert_addr(s, 1, "/ip6zone/2/ip6/fe80::2/tcp/2");
    free(s);
}

static void test_no_more_addresses_than_the_cap(void **state)
{
    struct side *s = side_new(JS_QM_ID, NULL);
    char text[40][96];
    const char *texts[40];

    (void)state;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(text[i], sizeof text[i], DNS("/ip4/10.0.0.%d/tcp/1"), i);
        texts[i] = text[i];
    }
    assert_int_equal(read_txt(s, A_NAME, 120, texts, 40), 0);
    assert_int_equal(s->msg.peer.count, P2P__CAP_MDNS_ADDRS);
    free(s);
}

static void test_lives_are_capped_and_goodbyes_heeded(void **state)
{
    const char *const texts[] = {DNS("/ip4/10.1.2.3/tcp/1")};
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    assert_int_equal(read_txt(s, A_NAME, UINT32_MAX, texts, 1), 0);
    assert_int_equal(s->msg.peer.ttl_s, P2P__CAP_MDNS_TTL_S);
    assert_int_equal(read_txt(s, A_NAME, 0, texts, 1), 0);
    assert_int_equal(s->msg.peer.id.len, 0);
    free(s);
}

static void test_other_services_are_passed_over(void **state)
{
    const char *const texts[] = {DNS("/ip4/10.1.2.3/tcp/1")};
    struct side *s = side_new(JS_QM_ID, "_p2p-00ff._udp.local");

    (void)state;
    assert_int_equal(read_txt(s, "x._ipp._tcp.local", 120, texts, 1), 0);
    assert_int_equal(s->msg.peer.id.len, 0);
    assert_int_equal(read_txt(s, A_NAME, 120, texts, 1), 0);
    assert_int_equal(s->msg.peer.id.len, 0);
    assert_int_equal(read_txt(s, "x._P2P-00FF._udp.local", 120, texts, 1), 0);
    assert_int_equal(s->msg.peer.count, 1);
    assert_int_equal(read_hex(s, JS3_QUERY), 0);
    assert_int_equal(s->msg.asked, 0);
    free(s);
}

static void test_a_name_must_be_led_to(void **state)
{
    const char *const texts[] = {DNS("/ip4/10.1.2.3/tcp/1")};
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    assert_int_equal(read_txt(s, "Ab1", 120, texts, 1), 0);
    assert_int_equal(s->msg.peer.id.len, 0);
    assert_int_equal(read_txt(s, "", 120, texts, 1), 0);
    assert_int_equal(s->msg.peer.id.len, 0);
    free(s);
}

static void test_malformed_data_spoils_the_packet(void **state)
{
    struct side *s = side_new(JS_ID, NULL);

    (void)state;
    /* A TXT string that is longer than its record. */
    assert_int_equal(read_hex(s,
                              "000084000000000100000000"
                              "0178 045f703270045f756470056c6f63616c00"
                              "0010 0001 00000078 0003 05 6162"),
                     P2P_EFORMAT);
    /* An A record of 5 bytes; an SRV of 5. */
    assert_int_equal(read_hex(s,
                              "000084000000000100000000"
                              "00 0001 0001 00000078 0005 0102030405"),
                     P2P_EFORMAT);
    assert_int_equal(read_hex(s,
                              "000084000000000100000000"
                              "0178 0469706673056c6f63616c00"
                              "0021 0001 00000078 0005 0102030405"),
                     P2P_EFORMAT);
    assert_int_equal(read_hex(s, "00"), P2P_EFORMAT);
    free(s);
}

static void test_a_packet_that_is_cut_tells_nothing(void **state)
{
    struct side *s = side_new(JS_QM_ID, NULL);
    size_t len;

    (void)state;
    len = unhex(JS3_ANSWER, s->packet, sizeof s->packet);
    for (s->len = 1; s->len < len; s->len++) {
        assert_int_equal(read_packet(s), P2P_EFORMAT);
    }
    free(s);
}

static void test_codes_that_are_not_zero_are_ignored(void **state)
{
    struct side *s = side_new(JS_ID, NULL);

    (void)state;
    for (unsigned bit = 0; bit < 16; bit++) {
        const unsigned flag = 1U << bit;
        bool bad = (flag & P2P__DNS_CODES) != 0;

        s->len = unhex(JS3_QUERY, s->packet, sizeof s->packet);
        s->packet[2] = (uint8_t)(flag >> 8);
        s->packet[3] = (uint8_t)flag;
        assert_int_equal(read_packet(s), bad ? P2P_EFORMAT : 0);
    }
    free(s);
}

static void test_questions_of_peoples_tools(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    struct p2p__dnsw w;
    char name[128];

    (void)state;
    p2p__dnsw_init(&w, s->packet, sizeof s->packet, 0, 0);
    p2p__dnsw_question(&w, P2P__MDNS_SERVICES, P2P__DNS_PTR);
    s->len = (size_t)p2p__dnsw_end(&w);
    assert_int_equal(read_packet(s), 0);
    assert_true(s->msg.services);
    assert_int_equal(s->msg.asked, 0);
    for (int i = 0; i < 3; i++) {
        static const char *const tails[] = {".p2p.local", "._p2p._udp.local",
                                            ".local"};

        (void)snprintf(name, sizeof name, "%s%s", s->a.name, tails[i]);
        p2p__dnsw_init(&w, s->packet, sizeof s->packet, 0, 0);
        p2p__dnsw_question(&w, name, P2P__DNS_ANY);
        s->len = (size_t)p2p__dnsw_end(&w);
        assert_int_equal(read_packet(s), 0);
        assert_false(s->msg.services);
        assert_int_equal(s->msg.asked, i < 2 ? P2P__MDNS_TODAY : 0);
    }
    free(s);
}

static const char *const usual[] = {
    "/ip4/127.0.0.1/tcp/4901",
    "/ip4/192.168.7.9/tcp/4901",
    "/ip4/192.168.7.9/udp/49/quic-v1",
    "/ip6/::1/tcp/4901",
    "/ip6zone/3/ip6/fe80::7/tcp/4901",
    "/ip4/8.8.8.8/tcp/4901",
    "/ip4/0.0.0.0/tcp/4901",
    "/dns4/host.example/tcp/1",
    "/ip4/10.0.0.1/tcp/4902",
    ("/ip4/10.0.0.1/tcp/4902/p2p/" JS_ID),
    "/unix/tmp/p2p.sock",
    ("/ip4/10.0.0.1/tcp/1" P2P_ID "/p2p-circuit"),
};

static void test_our_record_of_today_comes_back(void **state)
{
    struct side *s = side_new(JS_ID, NULL);

    (void)state;
    set_addrs(s, usual, P2P__COUNT(usual));
    assert_int_equal(s->a.count, 6);
    assert_int_equal(write_record(s, P2P__MDNS_P2P, 0), 6);
    s->from.own_host = true;
    assert_int_equal(read_packet(s), 0);
    assert_peer(s, JS_ID);
    assert_int_equal(s->msg.peer.ttl_s, P2P__MDNS_TTL_S);
    assert_int_equal(s->msg.peer.count, 6);
    assert_addr(s, 0, "/ip4/127.0.0.1/tcp/4901");
    assert_addr(s, 2, "/ip4/192.168.7.9/udp/49/quic-v1");
    assert_addr(s, 4, "/ip6zone/2/ip6/fe80::7/tcp/4901");
    assert_addr(s, 5, "/ip4/10.0.0.1/tcp/4902");
    free(s);
}

/* go wants an address, and not that of loopback if there is another. */
static void test_our_record_of_today_has_addresses_for_go(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    struct p2p__dns d;
    struct p2p__dns_rr rr;
    char host[P2P__DNS_NAME_MAX] = "";
    unsigned a = 0, aaaa = 0;

    (void)state;
    set_addrs(s, usual, P2P__COUNT(usual));
    (void)write_record(s, P2P__MDNS_P2P, 0);
    assert_int_equal(p2p__dns_open(&d, s->packet, s->len), 0);
    while (p2p__dns_next(&d, &rr)) {
        assert_true(
            rr.section ==
            (rr.type == P2P__DNS_PTR ? P2P__DNS_ANSWER : P2P__DNS_ADDITIONAL));
        if (rr.type == P2P__DNS_SRV) {
            assert_int_equal(p2p__dns_target(&d, &rr, 6, host), 0);
        } else if (rr.type == P2P__DNS_A) {
            assert_string_equal(rr.name, host);
            assert_hex(rr.rdata, rr.rdata_len, "c0a80709");
            a++;
        } else if (rr.type == P2P__DNS_AAAA) {
            assert_string_equal(rr.name, host);
            assert_hex(rr.rdata, rr.rdata_len,
                       "fe800000000000000000000000000007");
            aaaa++;
        }
    }
    assert_int_equal(a, 1);
    assert_int_equal(aaaa, 1);
    free(s);
}

/* An address record that no SRV leads to is of no use, even the root's. */
static void test_addresses_of_other_hosts_are_passed_over(void **state)
{
    static const char *const names[] = {"", "other", "host"};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(names); i++) {
        struct side *s = side_new(JS_ID, NULL);
        struct p2p__dnsw w;
        size_t mark;

        p2p__dnsw_init(&w, s->packet, sizeof s->packet, 0, 0x8400);
        mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, "x.ipfs.local", P2P__DNS_TXT,
                              120);
        p2p__dnsw_text(&w, "", JS_QM_ID);
        p2p__dnsw_close(&w, mark);
        if (i > 0) {
            mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, "x.ipfs.local",
                                  P2P__DNS_SRV, 120);
            p2p__dnsw_bytes(&w, "\0\0\0\0\1\1", 6);
            p2p__dnsw_name(&w, "host");
            p2p__dnsw_close(&w, mark);
        }
        mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, names[i], P2P__DNS_A, 120);
        p2p__dnsw_bytes(&w, "\12\0\0\1", 4);
        p2p__dnsw_close(&w, mark);
        s->len = (size_t)p2p__dnsw_end(&w);
        assert_int_equal(read_packet(s), 0);
        assert_peer(s, JS_QM_ID);
        assert_int_equal(s->msg.peer.count, i == 2 ? 1 : 0);
        free(s);
    }
}

static void test_our_record_of_2021_comes_back(void **state)
{
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    set_addrs(s, usual, P2P__COUNT(usual) - 3);
    for (int form = P2P__MDNS_IPFS; form <= P2P__MDNS_GO; form++) {
        assert_int_equal(write_record(s, (enum p2p__mdns_form)form, 0),
                         s->a.count);
        assert_int_equal(s->packet[11], 0); /* all are answers */
        s->from.own_host = true;
        assert_int_equal(read_packet(s), 0);
        assert_peer(s, JS_QM_ID);
        assert_int_equal(s->msg.peer.count, 4); /* those of the first port */
        assert_addr(s, 1, "/ip4/192.168.7.9/tcp/4901");
        assert_addr(s, 3, "/ip6zone/2/ip6/fe80::7/tcp/4901");
    }
    free(s);
}

static void test_the_bytes_of_our_record_of_2021(void **state)
{
    static const char *const one[] = {"/ip4/192.168.7.9/tcp/4901"};
    struct side *s = side_new(JS_QM_ID, NULL);

    (void)state;
    set_addrs(s, one, 1);
    memcpy(s->a.name, "host", 5);
    (void)write_record(s, P2P__MDNS_IPFS, 0);
    assert_hex(s->packet, s->len,
               "000084000000000400000000"
               "0469706673056c6f63616c00 000c 0001 00000078 0031"
               "2e516d597951536f316331596d376f7257784c597643724d32456d784654"
               "414e663877586d6d453744576a6878354e c00c"
               "c022 0021 0001 00000078 0011 000a 0001 1325"
               "04686f7374 03703270 c011"
               "c022 0010 0001 00000078 002f"
               "2e516d597951536f316331596d376f7257784c597643724d32456d784654"
               "414e663877586d6d453744576a6878354e"
               "c065 0001 0001 00000078 0004 c0a80709");
    free(s);
}

static void test_questions_are_those_of_js(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    uint8_t buf[P2P__CAP_MDNS_SEND_BYTES];
    struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};

    (void)state;
    assert_int_equal(p2p__mdns_write_query(&s->a, P2P__MDNS_P2P, 0, &out), 0);
    assert_hex(buf, out.len, JS3_QUERY);
    out.len = 0;
    assert_int_equal(p2p__mdns_write_query(&s->a, P2P__MDNS_IPFS, 0, &out), 0);
    assert_hex(buf, out.len, JS2021_QUERY);
    out.len = 0;
    assert_int_equal(p2p__mdns_write_query(&s->a, P2P__MDNS_GO, 1, &out), 0);
    assert_hex(buf, out.len, GO2021_QUERY);
    free(s);
}

static void test_a_long_record_is_cut(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    char text[P2P__CAP_MDNS_ADDRS][256];
    const char *texts[P2P__CAP_MDNS_ADDRS];
    size_t from = 0, packets = 0, found = 0;
    uint8_t names[8][64];

    (void)state;
    for (size_t i = 0; i < P2P__CAP_MDNS_ADDRS; i++) {
        (void)snprintf(text[i], sizeof text[i],
                       "/ip4/10.0.0.1/tcp/%zu/tls/sni/%0120d/ws", 1000 + i, 7);
        texts[i] = text[i];
    }
    set_addrs(s, texts, P2P__CAP_MDNS_ADDRS);
    assert_int_equal(s->a.count, P2P__CAP_MDNS_ADDRS);
    while (from < s->a.count) {
        size_t before = from;

        from = write_record(s, P2P__MDNS_P2P, from);
        assert_true(from > before);
        assert_int_equal(read_packet(s), 0);
        assert_peer(s, JS_ID);
        assert_int_equal(s->msg.peer.count, from - before);
        found += s->msg.peer.count;
        /* The label behind PTR's header is a name that no other packet has. */
        memcpy(names[packets], s->packet + 12 + 17 + 11, P2P__MDNS_NAME_LEN);
        for (size_t i = 0; i < packets; i++) {
            assert_memory_not_equal(names[i], names[packets],
                                    P2P__MDNS_NAME_LEN);
        }
        packets++;
        assert_true(packets < 8);
    }
    assert_int_equal(found, P2P__CAP_MDNS_ADDRS);
    assert_true(packets >= 3);
    free(s);
}

static void test_a_text_that_is_too_long_is_left_out(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    char text[2][300];
    const char *const texts[] = {text[0], text[1]};
    /* What stands around the name: address, "/p2p/" and our id. */
    const size_t around = strlen("/ip4/10.0.0.1/tcp/1/tls/sni/" P2P_ID);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(text[i], sizeof text[i],
                       "/ip4/10.0.0.1/tcp/1/tls/sni/%0*d",
                       (int)(P2P__CAP_MDNS_TEXT_BYTES - around + 1 - i), 7);
    }
    set_addrs(s, texts, 2);
    assert_int_equal(s->a.count, 1);
    assert_int_equal(strlen(s->a.own[0].text), P2P__CAP_MDNS_TEXT_BYTES);
    assert_int_equal(write_record(s, P2P__MDNS_P2P, 0), 1);
    assert_int_equal(read_packet(s), 0);
    assert_int_equal(s->msg.peer.count, 1);
    free(s);
}

static void test_setting_tells_of_changes(void **state)
{
    struct side *s = side_new(JS_ID, NULL);
    struct p2p_multiaddr addrs[2];

    (void)state;
    addrs[0] = addr_of("/ip4/10.0.0.1/tcp/1");
    addrs[1] = addr_of("/ip4/10.0.0.2/tcp/1");
    assert_false(p2p__mdns_announce_set(&s->a, NULL, 0));
    assert_true(p2p__mdns_announce_set(&s->a, addrs, 2));
    assert_false(p2p__mdns_announce_set(&s->a, addrs, 2));
    assert_true(p2p__mdns_announce_set(&s->a, addrs + 1, 1));
    assert_string_equal(s->a.own[0].text, "/ip4/10.0.0.2/tcp/1" P2P_ID);
    assert_true(p2p__mdns_announce_set(&s->a, NULL, 0));
    assert_false(p2p__mdns_announce_has(&s->a, P2P__MDNS_P2P));
    addrs[0] = addr_of("/ip4/10.0.0.1/udp/1/quic-v1");
    assert_true(p2p__mdns_announce_set(&s->a, addrs, 1));
    assert_true(p2p__mdns_announce_has(&s->a, P2P__MDNS_P2P));
    assert_false(p2p__mdns_announce_has(&s->a, P2P__MDNS_IPFS));
    free(s);
}

static void test_services_must_be_names(void **state)
{
    static const char *const bad[] = {
        "",
        ".local",
        "local.",
        "a..b",
        "a\\.b",
        "0123456789012345678901234567890123456789012345678901234567890123"};
    struct test_env env;
    struct p2p__mdns_announce a;
    struct p2p_peer_id id = {0};

    (void)state;
    test_env_init(&env, 1);
    assert_int_equal(p2p__mdns_announce_init(&a, &id, NULL, &env.env),
                     P2P_EINVAL);
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &id), 0);
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(p2p__mdns_announce_init(&a, &id, bad[i], &env.env),
                         P2P_EINVAL);
    }
    assert_int_equal(p2p__mdns_announce_init(&a, &id, NULL, &env.env), 0);
    assert_int_equal(strlen(a.name), P2P__MDNS_NAME_LEN);
    assert_int_equal(strspn(a.name, "abcdefghijklmnopqrstuvwxyz0123456789"),
                     P2P__MDNS_NAME_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_js_of_today),
        cmocka_unit_test(test_reads_js_of_2021),
        cmocka_unit_test(test_reads_rust),
        cmocka_unit_test(test_keeps_addresses_of_a_link_alone),
        cmocka_unit_test(test_link_local_addresses_get_the_link),
        cmocka_unit_test(test_no_more_addresses_than_the_cap),
        cmocka_unit_test(test_lives_are_capped_and_goodbyes_heeded),
        cmocka_unit_test(test_other_services_are_passed_over),
        cmocka_unit_test(test_a_name_must_be_led_to),
        cmocka_unit_test(test_malformed_data_spoils_the_packet),
        cmocka_unit_test(test_a_packet_that_is_cut_tells_nothing),
        cmocka_unit_test(test_codes_that_are_not_zero_are_ignored),
        cmocka_unit_test(test_questions_of_peoples_tools),
        cmocka_unit_test(test_our_record_of_today_comes_back),
        cmocka_unit_test(test_our_record_of_today_has_addresses_for_go),
        cmocka_unit_test(test_addresses_of_other_hosts_are_passed_over),
        cmocka_unit_test(test_our_record_of_2021_comes_back),
        cmocka_unit_test(test_the_bytes_of_our_record_of_2021),
        cmocka_unit_test(test_questions_are_those_of_js),
        cmocka_unit_test(test_a_long_record_is_cut),
        cmocka_unit_test(test_a_text_that_is_too_long_is_left_out),
        cmocka_unit_test(test_setting_tells_of_changes),
        cmocka_unit_test(test_services_must_be_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
