/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors: libp2p/specs, peer-ids, and the ids that go and js show. */
#include "p2p/peer_id.h"
#include "base/rng.h"
#include "base/types.h"
#include "hex.h"
#include "spec_keys.h"
#include "unit.h"

static int parse(const char *text, struct p2p_peer_id *id)
{
    return p2p_peer_id_from_text(text, strlen(text), id);
}

static void test_both_texts_of_the_spec_name_one_peer(void **state)
{
    struct p2p_peer_id a;
    struct p2p_peer_id b;
    char text[P2P_PEER_ID_TEXT_MAX];

    (void)state;
    assert_int_equal(
        parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
              &a),
        0);
    assert_int_equal(
        parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", &b), 0);
    assert_true(p2p_peer_id_equal(&a, &b));
    assert_string_equal(p2p_peer_id_text(&a, text),
                        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");
    assert_string_equal(
        p2p_peer_id_cid_text(&a, text),
        "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe");
}

static void test_an_inlined_key_is_found(void **state)
{
    struct p2p_peer_id id;
    struct p2p_peer_id again;
    const uint8_t *pub;
    size_t len;

    (void)state;
    assert_int_equal(
        parse("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA", &id), 0);
    pub = p2p_peer_id_pubkey(&id, &len);
    assert_non_null(pub);
    assert_int_equal(p2p_pubkey_check(pub, len), P2P_KEY_ED25519);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &again), 0);
    assert_true(p2p_peer_id_equal(&id, &again));
}

static void test_a_hashed_key_is_not_found(void **state)
{
    struct p2p_peer_id id;
    size_t len = 1;

    (void)state;
    assert_int_equal(
        parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", &id), 0);
    assert_null(p2p_peer_id_pubkey(&id, &len));
    assert_int_equal(len, 0);
    id.len = 0;
    assert_null(p2p_peer_id_pubkey(&id, &len));
}

/* Keys of at most 42 bytes are inlined, longer ones hashed. */
static void test_ids_of_the_spec_keys(void **state)
{
    static const char *const starts[] = {"12D3KooW", "16Uiu2HA", "Qm", "Qm"};
    uint8_t pub[P2P_PUBKEY_MAX];
    char text[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id id;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(spec_keys); i++) {
        size_t len = unhex(spec_keys[i].pub, pub, sizeof pub);

        assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &id), 0);
        p2p_peer_id_text(&id, text);
        assert_memory_equal(text, starts[i], strlen(starts[i]));
        assert_int_equal(p2p_peer_id_from_bytes(id.bytes, id.len, &id), 0);
    }
}

/* Every base that a multiaddr of go or js may show. */
static void test_cids_in_other_bases_are_read(void **state)
{
    static const char *const texts[] = {
        "bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm",
        "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
        "k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7",
        "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV",
        "k51qzi5uqu5dhb6l8spkdx7yxafegfkee5by8h7lmjh2ehc2sgg34z7c15vzqs",
        "bafzaajaiaejcalj543iwv2d7pkjt7ykvefrkfu7qjfi6sduakhso4lay6abn2d5u",
    };
    struct p2p_peer_id id[P2P__COUNT(texts)];
    char text[P2P_PEER_ID_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        assert_int_equal(parse(texts[i], &id[i]), 0);
    }
    assert_true(p2p_peer_id_equal(&id[0], &id[1]));
    assert_true(p2p_peer_id_equal(&id[1], &id[2]));
    assert_true(p2p_peer_id_equal(&id[3], &id[4]));
    assert_true(p2p_peer_id_equal(&id[4], &id[5]));
    assert_false(p2p_peer_id_equal(&id[0], &id[3]));
    assert_string_equal(p2p_peer_id_cid_text(&id[4], text), texts[5]);
}

static void test_texts_that_are_no_ids_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "1",
        "11", /* no digest */
        "Qm",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5", /* cut off */
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5 ",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx50", /* no digit */
        "QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY", /* digest too long */
        "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
        "zYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        "b",
        "z",
        "f01",
        "f0172",
        "f01720000",
        "f027200240801",
    };
    struct p2p_peer_id id;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(parse(bad[i], &id), P2P_EFORMAT);
    }
    assert_int_equal(parse("f0172000161", &id), 0);
}

static void test_long_texts_are_refused_quickly(void **state)
{
    static char text[1 << 18];
    struct p2p_peer_id id;

    (void)state;
    for (const char *c = "1Qbkzfu"; *c != '\0'; c++) {
        memset(text, *c == 'Q' ? 'm' : '1', sizeof text);
        text[0] = *c;
        assert_int_equal(p2p_peer_id_from_text(text, sizeof text, &id),
                         P2P_EFORMAT);
    }
}

static void test_T20_malformed_bytes_are_refused(void **state)
{
    uint8_t bytes[64] = {0};
    struct p2p_peer_id id;

    (void)state;
    assert_int_equal(p2p_peer_id_from_bytes(NULL, 0, &id), P2P_EFORMAT);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        bytes[1] = 42;
        assert_int_equal(p2p_peer_id_from_bytes(bytes, len, &id),
                         len == 44 ? 0 : P2P_EFORMAT);
        bytes[1] = 43;
        assert_int_equal(p2p_peer_id_from_bytes(bytes, len, &id), P2P_EFORMAT);
    }
}

static void test_public_keys_that_are_none_have_no_id(void **state)
{
    static uint8_t pub[P2P_PUBKEY_MAX + 1];
    struct p2p_peer_id id;

    (void)state;
    assert_int_equal(p2p_peer_id_from_pubkey(pub, sizeof pub, &id),
                     P2P_ETOOBIG);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, 36, &id), P2P_EFORMAT);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, 0, &id), P2P_EFORMAT);
}

static void test_ids_are_ordered(void **state)
{
    struct p2p_peer_id a = {.len = 3, .bytes = {0, 1, 5}};
    struct p2p_peer_id b = {.len = 3, .bytes = {0, 1, 6}};
    struct p2p_peer_id c = {.len = 4, .bytes = {0, 1, 5, 0}};

    (void)state;
    assert_true(p2p_peer_id_compare(&a, &b) < 0);
    assert_true(p2p_peer_id_compare(&b, &a) > 0);
    assert_true(p2p_peer_id_compare(&a, &c) < 0);
    assert_true(p2p_peer_id_compare(&b, &c) > 0);
    assert_int_equal(p2p_peer_id_compare(&a, &a), 0);
    assert_false(p2p_peer_id_equal(&a, &c));
}

static void test_random_ids_come_back_from_both_texts(void **state)
{
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 5);
    for (int round = 0; round < 500; round++) {
        struct p2p_peer_id id = {.bytes = {0}};
        struct p2p_peer_id back;
        char text[P2P_PEER_ID_TEXT_MAX];

        p2p__rng_fill(&rng, id.bytes + 2, sizeof id.bytes - 2);
        id.bytes[1] = (uint8_t)(1 + p2p__rng_below(&rng, 42));
        id.len = (uint8_t)(id.bytes[1] + 2);
        assert_int_equal(parse(p2p_peer_id_text(&id, text), &back), 0);
        assert_true(p2p_peer_id_equal(&id, &back));
        assert_int_equal(parse(p2p_peer_id_cid_text(&id, text), &back), 0);
        assert_true(p2p_peer_id_equal(&id, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_texts_of_the_spec_name_one_peer),
        cmocka_unit_test(test_an_inlined_key_is_found),
        cmocka_unit_test(test_a_hashed_key_is_not_found),
        cmocka_unit_test(test_ids_of_the_spec_keys),
        cmocka_unit_test(test_cids_in_other_bases_are_read),
        cmocka_unit_test(test_texts_that_are_no_ids_are_refused),
        cmocka_unit_test(test_long_texts_are_refused_quickly),
        cmocka_unit_test(test_T20_malformed_bytes_are_refused),
        cmocka_unit_test(test_public_keys_that_are_none_have_no_id),
        cmocka_unit_test(test_ids_are_ordered),
        cmocka_unit_test(test_random_ids_come_back_from_both_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
