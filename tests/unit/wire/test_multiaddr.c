/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Multiaddrs in text and bytes. Codes: multiformats/multiaddr protocols.csv. */
#include "p2p/multiaddr.h"
#include "base/rng.h"
#include "base/types.h"
#include "hex.h"
#include "unit.h"

#define ID_QM "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"
#define ID_QM_HEX \
    "1220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b"
#define ID_ED "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define CERT_HEX \
    "1220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2"
#define CERT "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g"

static const struct {
    const char *text;
    const char *hex;
} vectors[] = {
    {"/ip4/127.0.0.1/udp/1234", "047f000001 910204d2"},
    {"/ip4/127.0.0.1/tcp/4321", "047f000001 0610e1"},
    {"/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321",
     "047f000001 910204d2 047f000001 0610e1"},
    {"/ip4/0.0.0.0/tcp/0", "0400000000 060000"},
    {"/ip4/255.255.255.255/tcp/65535", "04ffffffff 06ffff"},
    {"/ip4/192.0.2.0/ipcidr/24", "04c0000200 2b18"},
    {"/ip6/::1", "2900000000000000000000000000000001"},
    {"/ip6/::", "2900000000000000000000000000000000"},
    {"/ip6/2001:db8::7/tcp/80", "2920010db8000000000000000000000007 060050"},
    {"/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21/udp/1234/quic",
     "29260100094f819700803eca6566e80c21 910204d2 cc03"},
    {"/ip6/::ffff:1.2.3.4", "2900000000000000000000ffff01020304"},
    {"/ip6zone/eth0/ip6/fe80::1/tcp/1",
     "2a0465746830 29fe800000000000000000000000000001 060001"},
    {"/dns/localhost/tcp/1", "35096c6f63616c686f7374 060001"},
    {"/dns4/a.b", "3603612e62"},
    {"/dns6/a-b", "3703612d62"},
    {"/dnsaddr/_x.example.com", "380e5f782e6578616d706c652e636f6d"},
    {"/ip4/1.2.3.4/udp/1/quic-v1/webtransport/certhash/" CERT "/certhash/" CERT,
     "0401020304 91020001 cd03 d103 d20322" CERT_HEX " d20322" CERT_HEX},
    {"/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/" CERT,
     "0401020304 91020001 9802 d20322" CERT_HEX},
    {"/ip4/1.2.3.4/tcp/443/tls/sni/example.com/ws",
     "0401020304 0601bb c003 c1030b6578616d706c652e636f6d dd03"},
    {"/ip4/1.2.3.4/tcp/443/wss/noise", "0401020304 0601bb de03 c603"},
    {"/dns/h/tcp/80/http/webrtc/https", "350168 060050 e003 9902 bb03"},
    {"/p2p/" ID_QM, "a50322" ID_QM_HEX},
    {"/ip4/1.2.3.4/tcp/1/p2p/" ID_QM "/p2p-circuit",
     "0401020304 060001 a50322" ID_QM_HEX " a202"},
    {"/unix/run/a.sock",
     "9003"
     "0b"
     "2f72756e2f612e736f636b"},
    {"/ip4/1.2.3.4/tcp/80/unix/a/b/c", "0401020304 060050 9003062f612f622f63"},
    {"/memory/4", "8906 0000000000000004"},
    {"/memory/18446744073709551615", "8906 ffffffffffffffff"},
};

static int parse(const char *text, struct p2p_multiaddr *ma)
{
    return p2p_multiaddr_from_text(text, strlen(text), ma);
}

static int parse_hex(const char *hex, struct p2p_multiaddr *ma)
{
    uint8_t bytes[1024];

    return p2p_multiaddr_from_bytes(bytes, unhex(hex, bytes, sizeof bytes), ma);
}

/* A multiaddr of a text that must be fine. */
static struct p2p_multiaddr ma_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(parse(text, &ma), 0);
    return ma;
}

static void assert_text(const struct p2p_multiaddr *ma, const char *want)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    assert_string_equal(p2p_multiaddr_text(ma, text), want);
}

static void test_texts_become_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        struct p2p_multiaddr ma = ma_of(vectors[i].text);

        assert_hex(ma.bytes, ma.len, vectors[i].hex);
    }
}

static void test_bytes_become_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        struct p2p_multiaddr ma;

        assert_int_equal(parse_hex(vectors[i].hex, &ma), 0);
        assert_text(&ma, vectors[i].text);
    }
}

static void test_other_texts_of_the_same_address(void **state)
{
    static const char *const same[][2] = {
        {"/ipfs/" ID_QM, "/p2p/" ID_QM},
        {"/p2p/k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7",
         "/p2p/" ID_QM},
        {"/p2p/bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm",
         "/p2p/" ID_QM},
        {"/ip4/127.0.0.1/tcp/1234/", "/ip4/127.0.0.1/tcp/1234"},
        {"/ip6/2001:DB8:0:0::7", "/ip6/2001:db8::7"},
        {"/certhash/f" CERT_HEX, "/certhash/" CERT},
        {"/unix/a/b/", "/unix/a/b"},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(same); i++) {
        struct p2p_multiaddr a = ma_of(same[i][0]);
        struct p2p_multiaddr b = ma_of(same[i][1]);

        assert_true(p2p_multiaddr_equal(&a, &b));
        assert_text(&a, same[i][1]);
    }
}

static void test_T23_texts_that_are_no_addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "/",
        "//",
        "ip4/1.2.3.4",
        "/ip4",
        "/ip4/",
        "/ip4//tcp/1",
        "/ip4/::1",
        "/ip4/1.2.3",
        "/ip4/1.2.3.4.5",
        "/ip4/1.2.3.256",
        "/ip4/01.2.3.4",
        "/ip4/1.2.3.4 ",
        "/ip4/1.2.3.4//",
        "/ip4/1.2.3.4//tcp/1",
        "/ip4/localhost",
        "/ip6/1.2.3.4",
        "/ip6/::1::",
        "/ip6/fe80::1%eth0",
        "/ip6/12345::",
        "/ip6",
        "/ip6zone",
        "/ip6zone/",
        "/ip6zone//ip6/fe80::1",
        "/ip6zone/a b/ip6/fe80::1",
        "/ip6zone/ a/ip6/fe80::1",
        "/ip6zone/a\x7f/ip6/fe80::1",
        "/ip4/1.2.3.4/ipcidr/256",
        "/tcp",
        "/tcp/",
        "/tcp/65536",
        "/tcp/-1",
        "/tcp/+1",
        "/tcp/ 1",
        "/tcp/0x10",
        "/tcp/01",
        "/tcp/1a",
        "/tcp/99999999999999999999999999",
        "/udp/65536",
        "/dns4",
        "/dns4/",
        "/dns4//tcp/1",
        "/dns4/a b",
        "/dns4/a\nb",
        "/dnsaddr/",
        "/dns/\xc3\xa4.example",
        "/sni/",
        "/p2p",
        "/p2p/",
        "/p2p/tcp",
        "/p2p/QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY",
        "/p2p/Qm",
        "/p2p/bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
        "/unix",
        "/unix/",
        "/unix//",
        "/unix/a\tb",
        "/certhash",
        "/certhash/",
        "/certhash/u",
        "/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8",
        "/memory/18446744073709551616",
        "/memory/-1",
        "/memory/",
        "/memory",
    };
    struct p2p_multiaddr ma;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(parse(bad[i], &ma), P2P_EFORMAT);
    }
    assert_int_equal(p2p_multiaddr_from_text("/ip4/1.2.3.4\0/tcp/1", 19, &ma),
                     P2P_EFORMAT);
    assert_int_equal(p2p_multiaddr_from_text("/dns/a\0b", 8, &ma), P2P_EFORMAT);
}

static void test_T23_unknown_protocols_are_told(void **state)
{
    static const char *const texts[] = {
        "/ip5/1",        "/IP4/1.2.3.4",  "/ip4/1.2.3.4/quic/1",
        "/tcp/1/sctp/1", "/ip",           "/ip44/1",
        "/1.2.3.4",      "/p2p-circuits", "/ipfs2/",
    };
    struct p2p_multiaddr ma;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        assert_int_equal(parse(texts[i], &ma), P2P_ENOTSUP);
    }
    assert_int_equal(parse_hex("05", &ma), P2P_ENOTSUP);
    assert_int_equal(parse_hex("047f000001 8401 0001", &ma), P2P_ENOTSUP);
    assert_int_equal(parse_hex("ffffffffffffffff7f", &ma), P2P_ENOTSUP);
}

static void test_T23_malformed_bytes_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "04010203",               /* three bytes of four */
        "04",                     /* none */
        "290000",                 /* ip6 cut off */
        "0600",                   /* half a port */
        "9102",                   /* no port */
        "9182",                   /* a code that goes on */
        "8600 0001",              /* tcp in a longer form */
        "8480808080808080808000", /* a code that never ends */
        "35",                     /* a name without length */
        "3500",                   /* an empty name: once a crash */
        "3505616263",             /* a name past the end */
        "35ffffffffffffffff7f61", /* a length past everything */
        "358300616263",           /* a length in a longer form */
        "3503612f62",             /* a name with a slash */
        "3503610062",             /* a name with a zero */
        "2a00",                   /* an empty zone: once a crash */
        "2a01202900000000000000000000000000000001",
        "900300",            /* an empty path: once a crash */
        "9003012f",          /* a path that is a slash */
        "90030161",          /* a path that does not begin with one */
        "9003032f612f",      /* a path that ends with one */
        "9003022f61 060001", /* something behind a path */
        "a50300",            /* no peer */
        "a5030100",          /* half a multihash */
        "a503021200",        /* an empty digest */
        "a50321"
        "1220"
        "d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db"
        "76a68911c",      /* a digest cut off */
        "d20300",         /* no hash */
        "d203021205",     /* a hash cut off */
        "89060000000000", /* five bytes of eight */
    };
    struct p2p_multiaddr ma;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(parse_hex(bad[i], &ma), P2P_EFORMAT);
    }
}

static void test_T23_every_cut_is_refused_or_whole(void **state)
{
    uint8_t bytes[256];
    struct p2p_multiaddr ma;
    size_t len = unhex("047f000001 910204d2 cd03 d103 d20322" CERT_HEX
                       " a50322" ID_QM_HEX " a202",
                       bytes, sizeof bytes);
    const size_t ends[] = {5, 9, 11, 13, 50, 87, 89, 0};
    size_t next = 0;

    (void)state;
    for (size_t n = 0; n <= len; n++) {
        int err = p2p_multiaddr_from_bytes(bytes, n, &ma);

        if (n == ends[next]) {
            assert_int_equal(err, 0);
            next++;
        } else {
            assert_int_equal(err, P2P_EFORMAT);
        }
    }
    assert_int_equal(next, 7);
}

/* Circuits in circuits are counted, not descended into. */
static void test_T23_there_is_a_most_of_components(void **state)
{
    uint8_t bytes[P2P_MULTIADDR_MAX + 2];
    char text[1024] = "";
    struct p2p_multiaddr ma;
    struct p2p_multiaddr one = ma_of("/p2p-circuit");
    size_t most = P2P_MULTIADDR_PARTS_MAX;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i += 2) {
        bytes[i] = 0xa2;
        bytes[i + 1] = 0x02;
    }
    assert_int_equal(p2p_multiaddr_from_bytes(bytes, 2 * most, &ma), 0);
    assert_int_equal(p2p_multiaddr_append(&ma, &one), P2P_ETOOBIG);
    assert_int_equal(ma.len, 2 * most);
    assert_int_equal(p2p_multiaddr_from_bytes(bytes, 2 * most + 2, &ma),
                     P2P_ETOOBIG);
    assert_int_equal(p2p_multiaddr_from_bytes(bytes, P2P_MULTIADDR_MAX, &ma),
                     P2P_ETOOBIG);
    assert_int_equal(p2p_multiaddr_from_bytes(bytes, sizeof bytes, &ma),
                     P2P_ETOOBIG);
    for (size_t i = 0; i < most; i++) {
        (void)strcat(text, "/p2p-circuit");
    }
    assert_int_equal(parse(text, &ma), 0);
    (void)strcat(text, "/p2p-circuit");
    assert_int_equal(parse(text, &ma), P2P_ETOOBIG);
}

static void test_there_is_a_longest_address(void **state)
{
    static char text[P2P_MULTIADDR_TEXT_MAX + 2];
    struct p2p_multiaddr ma;
    size_t len;

    (void)state;
    /* a path of n bytes: two of code, two of length */
    memset(text, 'a', sizeof text);
    memcpy(text, "/unix/", 6);
    len = P2P_MULTIADDR_MAX - 4 + 5;
    assert_int_equal(p2p_multiaddr_from_text(text, len, &ma), 0);
    assert_int_equal(ma.len, P2P_MULTIADDR_MAX);
    assert_int_equal(p2p_multiaddr_from_text(text, len + 1, &ma), P2P_ETOOBIG);
    assert_int_equal(
        p2p_multiaddr_from_text(text, P2P_MULTIADDR_TEXT_MAX + 1, &ma),
        P2P_ETOOBIG);
    memcpy(text, "/dns4/", 6);
    assert_int_equal(p2p_multiaddr_from_text(text, 6 + 253, &ma), 0);
    assert_int_equal(p2p_multiaddr_from_text(text, 6 + 254, &ma), P2P_EFORMAT);
}

/* The longest texts must fit in the room that callers give. */
static void test_the_longest_text_has_room(void **state)
{
    static const char *const parts[] = {
        "/ip6/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "/ip4/255.255.255.255",
        "/webrtc-direct",
        "/tcp/65535",
        "/memory/18446744073709551615",
        "/p2p/" ID_QM,
        "/certhash/" CERT,
    };
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(parts); i++) {
        struct p2p_multiaddr one = ma_of(parts[i]);
        struct p2p_multiaddr ma = one;

        while (p2p_multiaddr_append(&ma, &one) == 0) {
        }
        assert_true(ma.len + one.len > P2P_MULTIADDR_MAX ||
                    ma.len == one.len * P2P_MULTIADDR_PARTS_MAX);
        memset(text, 'x', sizeof text);
        p2p_multiaddr_text(&ma, text);
        assert_true(strlen(text) < sizeof text);
    }
}

static void test_the_components_come_in_order(void **state)
{
    struct p2p_multiaddr ma = ma_of("/ip4/1.2.3.4/tcp/80/ws/p2p/" ID_QM);
    struct p2p_multiaddr_part part;
    size_t at = 0;

    (void)state;
    assert_true(p2p_multiaddr_next(&ma, &at, &part));
    assert_int_equal(part.code, P2P_MULTIADDR_IP4);
    assert_hex(part.value, part.len, "01020304");
    assert_true(p2p_multiaddr_next(&ma, &at, &part));
    assert_int_equal(part.code, P2P_MULTIADDR_TCP);
    assert_hex(part.value, part.len, "0050");
    assert_true(p2p_multiaddr_next(&ma, &at, &part));
    assert_int_equal(part.code, P2P_MULTIADDR_WS);
    assert_int_equal(part.len, 0);
    assert_true(p2p_multiaddr_next(&ma, &at, &part));
    assert_int_equal(part.code, P2P_MULTIADDR_P2P);
    assert_hex(part.value, part.len, ID_QM_HEX);
    assert_false(p2p_multiaddr_next(&ma, &at, &part));
    assert_false(p2p_multiaddr_next(&ma, &at, &part));
    at = 0;
    ma.len = 0;
    assert_false(p2p_multiaddr_next(&ma, &at, &part));
    assert_text(&ma, "");
    ma.len = 4; /* as nobody should: half of an address */
    assert_false(p2p_multiaddr_next(&ma, &at, &part));
    assert_int_equal(at, 0);
}

static void test_the_peer_is_the_one_at_the_end(void **state)
{
    struct p2p_multiaddr ma =
        ma_of("/ip4/1.2.3.4/tcp/1/p2p/" ID_ED "/p2p-circuit/p2p/" ID_QM);
    struct p2p_peer_id id;

    (void)state;
    assert_true(p2p_multiaddr_peer(&ma, NULL));
    assert_true(p2p_multiaddr_peer(&ma, &id));
    assert_hex(id.bytes, id.len, ID_QM_HEX);
    p2p_multiaddr_strip_peer(&ma);
    assert_text(&ma, "/ip4/1.2.3.4/tcp/1/p2p/" ID_ED "/p2p-circuit");
    assert_false(p2p_multiaddr_peer(&ma, &id)); /* that is the relay's */
    p2p_multiaddr_strip_peer(&ma);
    assert_text(&ma, "/ip4/1.2.3.4/tcp/1/p2p/" ID_ED "/p2p-circuit");
    ma = ma_of("/p2p/" ID_QM);
    p2p_multiaddr_strip_peer(&ma);
    assert_int_equal(ma.len, 0);
    assert_false(p2p_multiaddr_peer(&ma, &id));
}

static void test_a_peer_is_appended_once(void **state)
{
    struct p2p_multiaddr ma = ma_of("/ip4/1.2.3.4/tcp/1");
    struct p2p_peer_id qm = {.len = 34};
    struct p2p_peer_id other = {.len = 34};
    struct p2p_peer_id nobody = {.len = 0};

    (void)state;
    unhex(ID_QM_HEX, qm.bytes, sizeof qm.bytes);
    other = qm;
    other.bytes[20] ^= 1;
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &nobody), P2P_EINVAL);
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &qm), 0);
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &qm), 0);
    assert_text(&ma, "/ip4/1.2.3.4/tcp/1/p2p/" ID_QM);
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &other), P2P_EPEER);
    assert_text(&ma, "/ip4/1.2.3.4/tcp/1/p2p/" ID_QM);
    ma.len = 0;
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &qm), 0);
    assert_text(&ma, "/p2p/" ID_QM);
}

static void test_nothing_follows_a_path(void **state)
{
    struct p2p_multiaddr ma = ma_of("/ip4/1.2.3.4/unix/a");
    struct p2p_multiaddr tail = ma_of("/tcp/1");
    struct p2p_peer_id qm = {.len = 34};

    (void)state;
    unhex(ID_QM_HEX, qm.bytes, sizeof qm.bytes);
    assert_int_equal(p2p_multiaddr_append(&ma, &tail), P2P_EFORMAT);
    assert_int_equal(p2p_multiaddr_append_peer(&ma, &qm), P2P_EFORMAT);
    assert_text(&ma, "/ip4/1.2.3.4/unix/a");
    assert_int_equal(p2p_multiaddr_append(&tail, &ma), 0);
    assert_text(&tail, "/tcp/1/ip4/1.2.3.4/unix/a");
}

static void test_addresses_are_ordered(void **state)
{
    struct p2p_multiaddr a = ma_of("/ip4/1.2.3.4");
    struct p2p_multiaddr b = ma_of("/ip4/1.2.3.5");
    struct p2p_multiaddr c = ma_of("/ip4/1.2.3.4/tcp/1");

    (void)state;
    assert_true(p2p_multiaddr_compare(&a, &b) < 0);
    assert_true(p2p_multiaddr_compare(&b, &a) > 0);
    assert_true(p2p_multiaddr_compare(&a, &c) < 0);
    assert_true(p2p_multiaddr_compare(&c, &b) < 0);
    assert_int_equal(p2p_multiaddr_compare(&c, &c), 0);
    assert_false(p2p_multiaddr_equal(&a, &b));
    assert_false(p2p_multiaddr_equal(&a, &c));
}

/* What was refused leaves the target as it was. */
static void test_a_refusal_changes_nothing(void **state)
{
    struct p2p_multiaddr ma = ma_of("/ip4/1.2.3.4/tcp/1");
    struct p2p_multiaddr before = ma;

    (void)state;
    assert_int_equal(parse("/ip4/4.3.2.1/tcp/x", &ma), P2P_EFORMAT);
    assert_true(p2p_multiaddr_equal(&ma, &before));
    assert_int_equal(parse_hex("0404030201 06", &ma), P2P_EFORMAT);
    assert_true(p2p_multiaddr_equal(&ma, &before));
}

/* Vectors put together at random: text and bytes say the same. */
static void test_random_addresses_come_back(void **state)
{
    struct p2p__rng rng;
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    p2p__rng_seed(&rng, 3);
    for (int round = 0; round < 1000; round++) {
        struct p2p_multiaddr ma = {.len = 0};
        struct p2p_multiaddr back;

        for (int i = 0; i < 6; i++) {
            size_t k = (size_t)p2p__rng_below(&rng, P2P__COUNT(vectors));
            struct p2p_multiaddr one = ma_of(vectors[k].text);

            (void)p2p_multiaddr_append(&ma, &one);
        }
        assert_int_equal(parse(p2p_multiaddr_text(&ma, text), &back), 0);
        assert_true(p2p_multiaddr_equal(&ma, &back));
        assert_int_equal(p2p_multiaddr_from_bytes(ma.bytes, ma.len, &back), 0);
        assert_true(p2p_multiaddr_equal(&ma, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_become_bytes),
        cmocka_unit_test(test_bytes_become_texts),
        cmocka_unit_test(test_other_texts_of_the_same_address),
        cmocka_unit_test(test_T23_texts_that_are_no_addresses_are_refused),
        cmocka_unit_test(test_T23_unknown_protocols_are_told),
        cmocka_unit_test(test_T23_malformed_bytes_are_refused),
        cmocka_unit_test(test_T23_every_cut_is_refused_or_whole),
        cmocka_unit_test(test_T23_there_is_a_most_of_components),
        cmocka_unit_test(test_there_is_a_longest_address),
        cmocka_unit_test(test_the_longest_text_has_room),
        cmocka_unit_test(test_the_components_come_in_order),
        cmocka_unit_test(test_the_peer_is_the_one_at_the_end),
        cmocka_unit_test(test_a_peer_is_appended_once),
        cmocka_unit_test(test_nothing_follows_a_path),
        cmocka_unit_test(test_addresses_are_ordered),
        cmocka_unit_test(test_a_refusal_changes_nothing),
        cmocka_unit_test(test_random_addresses_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
