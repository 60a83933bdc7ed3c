/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a peer may send that is not like us: other versions, no certificate, two
 * of them, one that somebody else signed, a long one, no ALPN, and key updates
 * without end. It is GnuTLS without our channel around it.
 */
#include <errno.h>
#include <gnutls/abstract.h>
#include <stdlib.h>

#include "chan/tls/tls.h"
#include "ident/cert.h"
#include "sec_pair.h"
#include "tlsio/tlsio.h"
#include "unit.h"

#define WIRE_BYTES (1U << 20)
#define MODERN     "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE"

/* Bytes on their way. */
struct wire {
    size_t head;
    size_t tail;
    uint8_t bytes[WIRE_BYTES];
};

/* A listener of ours, and GnuTLS that dials it. */
struct stranger {
    struct sec_pair p;
    gnutls_session_t session;
    gnutls_certificate_credentials_t creds;
    struct wire to; /* the stranger */
    struct wire from;
    int err; /* what our end said */
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t len)
{
    struct stranger *s = ptr;
    size_t n = p2p__min(len, s->to.tail - s->to.head);

    if (n == 0) {
        gnutls_transport_set_errno(s->session, EAGAIN);
        return -1;
    }
    memcpy(to, s->to.bytes + s->to.head, n);
    s->to.head += n;
    return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *p, size_t len)
{
    struct stranger *s = ptr;

    assert_true(len <= WIRE_BYTES - s->from.tail);
    memcpy(s->from.bytes + s->from.tail, p, len);
    s->from.tail += len;
    return (ssize_t)len;
}

static struct stranger *stranger_new(const char *priority, bool alpn)
{
    struct stranger *s = calloc(1, sizeof *s);
    gnutls_datum_t name = {.data = (unsigned char[]){"libp2p"}, .size = 6};
    struct p2p__sec_cfg cfg;

    assert_non_null(s);
    assert_int_equal(sec_pair_init_for(&s->p, &p2p__tls_security), 0);
    cfg = sec_pair_cfg(&s->p, 1);
    assert_int_equal(sec_end_start(&s->p.ends[1], &cfg), 0);
    assert_int_equal(gnutls_init(&s->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK),
                     0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&s->creds), 0);
    assert_int_equal(
        gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, s->creds),
        0);
    assert_int_equal(gnutls_priority_set_direct(s->session, priority, NULL), 0);
    gnutls_transport_set_ptr(s->session, s);
    gnutls_transport_set_pull_function(s->session, pull);
    gnutls_transport_set_push_function(s->session, push);
    if (alpn) {
        assert_int_equal(gnutls_alpn_set_protocols(s->session, &name, 1, 0), 0);
    }
    return s;
}

static void stranger_free(struct stranger *s)
{
    gnutls_deinit(s->session);
    gnutls_certificate_free_credentials(s->creds);
    sec_pair_fini(&s->p);
    free(s);
}

/* Gives the stranger certificates: `count` times this one. */
static void show(struct stranger *s, const struct p2p__cert *cert,
                 unsigned count)
{
    gnutls_datum_t der = {.data = cert->der, .size = (unsigned)cert->der_len};
    gnutls_datum_t secret = {.data = cert->key,
                             .size = (unsigned)cert->key_len};
    gnutls_pcert_st certs[2];
    gnutls_privkey_t key;

    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(gnutls_pcert_import_x509_raw(&certs[i], &der,
                                                      GNUTLS_X509_FMT_DER, 0),
                         0);
    }
    assert_int_equal(gnutls_privkey_init(&key), 0);
    assert_int_equal(gnutls_privkey_import_x509_raw(
                         key, &secret, GNUTLS_X509_FMT_DER, NULL, 0),
                     0);
    assert_int_equal(
        gnutls_certificate_set_key(s->creds, NULL, 0, certs, (int)count, key),
        0);
}

/* A certificate of a host's key, as it should be. */
static struct p2p__cert good(void)
{
    uint8_t seed[32] = {9};
    struct p2p__cert cert;
    struct p2p_key *key;

    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    assert_int_equal(p2p__cert_make(key, &cert), 0);
    p2p_key_free(key);
    return cert;
}

/* Carries bytes both ways; false: our end ended. */
static bool carry(struct stranger *s)
{
    struct sec_end *e = &s->p.ends[1];

    s->err = sec_end_feed(e, s->from.bytes + s->from.head,
                          s->from.tail - s->from.head, NULL);
    s->from.head = s->from.tail = 0;
    (void)sec_end_draw(e, 0);
    s->to.head = s->to.tail = 0;
    memcpy(s->to.bytes, e->wire, e->wire_len);
    s->to.tail = e->wire_len;
    e->wire_len = 0;
    return s->err == 0;
}

/* Shakes hands; what our end says, in the end. */
static int meet(struct stranger *s)
{
    for (int i = 0; i < 10; i++) {
        int rv = gnutls_handshake(s->session);

        if (!carry(s)) {
            return s->err;
        }
        if (rv == 0 && s->p.ends[1].established) {
            return 0;
        }
        if (rv < 0 && gnutls_error_is_fatal(rv) != 0) {
            return rv;
        }
    }
    return P2P_ETIMEDOUT;
}

static void test_a_good_stranger(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);
    struct p2p__cert cert = good();

    (void)state;
    show(s, &cert, 1);
    assert_int_equal(meet(s), 0);
    assert_int_equal(gnutls_record_send(s->session, "hello", 5), 5);
    assert_true(carry(s));
    assert_int_equal(s->p.ends[1].got_len, 5);
    assert_int_equal(gnutls_bye(s->session, GNUTLS_SHUT_WR), 0);
    assert_false(carry(s));
    assert_int_equal(s->err, P2P_ECLOSED);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

static void test_without_alpn_multistream_decides(void **state)
{
    struct stranger *s = stranger_new(MODERN, false);
    struct p2p__cert cert = good();

    (void)state;
    show(s, &cert, 1);
    assert_int_equal(meet(s), 0);
    assert_int_equal(s->p.ends[1].ev.muxer, -1);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

static void test_older_versions_are_refused(void **state)
{
    struct stranger *s = stranger_new("NORMAL:-VERS-ALL:+VERS-TLS1.2", true);
    struct p2p__cert cert = good();

    (void)state;
    show(s, &cert, 1);
    assert_int_equal(meet(s), P2P_EPROTO);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

static void test_nobody_goes_without_a_certificate(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);

    (void)state;
    assert_int_equal(meet(s), P2P_EAUTH);
    assert_false(s->p.ends[1].established);
    stranger_free(s);
}

static void test_two_certificates_are_refused(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);
    struct p2p__cert cert = good();

    (void)state;
    show(s, &cert, 2);
    assert_int_equal(meet(s), P2P_EAUTH);
    assert_false(s->p.ends[1].established);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

static void test_a_certificate_is_verified(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);
    struct p2p__cert cert = good();

    (void)state;
    cert.der[cert.der_len - 1] ^= 1; /* of its own signature */
    show(s, &cert, 1);
    assert_int_equal(meet(s), P2P_EAUTH);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

static void test_another_protocol_is_refused(void **state)
{
    struct stranger *s = stranger_new(MODERN, false);
    gnutls_datum_t name = {.data = (unsigned char[]){"h2"}, .size = 2};
    struct p2p__cert cert = good();

    (void)state;
    assert_int_equal(gnutls_alpn_set_protocols(s->session, &name, 1, 0), 0);
    show(s, &cert, 1);
    assert_int_equal(meet(s), P2P_ENOPROTO);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

#define RECORD_TEXT 1024U

/* Feeds a hello that says it has 8 MiB, in records; how many bytes our end
 * took until it refused. */
static size_t long_hello(struct stranger *s, int *why)
{
    uint8_t record[5 + RECORD_TEXT] = {0x16, 3, 1, 4, 0, 1, 0x80};
    size_t taken = 0;

    while (*why == 0) {
        *why = sec_end_feed(&s->p.ends[1], record, sizeof record, NULL);
        taken += sizeof record;
        memset(record + 5, 0, 4);
    }
    return taken;
}

static void test_a_message_has_a_cap(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);
    int why = 0;

    (void)state;
    assert_in_range(long_hello(s, &why),
                    P2P__CAP_TLSIO_QUIET_BYTES - 2 * RECORD_TEXT,
                    P2P__CAP_TLSIO_QUIET_BYTES + 2 * RECORD_TEXT);
    assert_int_equal(why, P2P_ETOOBIG);
    stranger_free(s);
}

/* A hello of TLS 1.3 for X25519 alone, whose share is this point. */
static size_t hello_with(const uint8_t point[32], uint8_t to[256])
{
    static const uint8_t head[] = {
        0x16, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3, /* record, message, version */
    };
    static const uint8_t tail[] = {
        0, 0,  2, 0x13, 0x01, 1,  0,     /* no session, AES-128-GCM, null */
        0, 0,                            /* extensions */
        0, 10, 0, 4,    0,    2,  0, 29, /* groups: x25519 */
        0, 13, 0, 6,    0,    4,  4, 3,  8, 7, /* ecdsa_p256, ed25519 */
        0, 43, 0, 3,    2,    3,  4,           /* TLS 1.3 */
        0, 51, 0, 38,   0,    36, 0, 29, 0, 32,
    };
    const size_t n = sizeof head + 32 + sizeof tail + 32;
    uint8_t *extensions = to + sizeof head + 32 + 7;

    memcpy(to, head, sizeof head);
    memset(to + sizeof head, 7, 32);
    memcpy(to + sizeof head + 32, tail, sizeof tail);
    memcpy(to + n - 32, point, 32);
    to[4] = (uint8_t)(n - 5);
    to[8] = (uint8_t)(n - 9);
    extensions[1] = (uint8_t)(n - sizeof head - 32 - 9);
    return n;
}

/* Secrets that everybody knows: GnuTLS refuses them, as it must (RFC 8446,
 * 7.4.2). With another point the listener goes on. */
static void test_T12_shares_of_low_order(void **state)
{
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {9}, /* a good one: the base point */
    };
    uint8_t hello[256];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(points); i++) {
        struct stranger *s = stranger_new(MODERN, true);
        size_t n = hello_with(points[i], hello);
        bool good = i == P2P__COUNT(points) - 1;

        assert_int_equal(sec_end_feed(&s->p.ends[1], hello, n, NULL),
                         good ? 0 : P2P_EPROTO);
        stranger_free(s);
    }
}

static void test_noise_is_no_tls(void **state)
{
    static const uint8_t bytes[64] = {0, 32, 1, 2, 3};
    struct stranger *s = stranger_new(MODERN, true);

    (void)state;
    assert_int_equal(sec_end_feed(&s->p.ends[1], bytes, sizeof bytes, NULL),
                     P2P_EPROTO);
    stranger_free(s);
}

/* A peer that asks for new keys, and for ours, and never reads: GnuTLS counts
 * these, and so it is cut off before what we owe it is much. */
static void test_key_updates_have_an_end(void **state)
{
    struct stranger *s = stranger_new(MODERN, true);
    struct p2p__cert cert = good();
    struct sec_end *e = &s->p.ends[1];
    int rv = 0;

    (void)state;
    show(s, &cert, 1);
    assert_int_equal(meet(s), 0);
    for (int i = 0; rv == 0 && i < 100000; i++) {
        assert_int_equal(gnutls_session_key_update(s->session, GNUTLS_KU_PEER),
                         0);
        rv = sec_end_feed(e, s->from.bytes, s->from.tail, NULL);
        s->from.tail = 0;
        assert_in_range(e->quota.used[P2P__Q_MEMORY], 0,
                        P2P__TLSIO_SESSION_BYTES + P2P__TLSIO_PENDING_MAX);
    }
    assert_true(rv < 0);
    p2p__cert_fini(&cert);
    stranger_free(s);
}

/* A peer that asked for our new keys just before we fill all the room there is:
 * GnuTLS says the update first, and then the record does not fit any more. */
static void test_a_key_update_takes_room_of_its_own(void **state)
{
    uint8_t bytes[3000];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i % 251 + 1);
    }
    for (size_t room = P2P__TLSIO_OVERHEAD + 1; room < 120; room++) {
        struct stranger *s = stranger_new(MODERN, true);
        struct p2p__cert cert = good();
        struct sec_end *e = &s->p.ends[1];
        uint8_t got[sizeof bytes];

        show(s, &cert, 1);
        assert_int_equal(meet(s), 0);
        s->to.head = s->to.tail = 0;
        assert_int_equal(gnutls_session_key_update(s->session, GNUTLS_KU_PEER),
                         0);
        assert_int_equal(sec_end_feed(e, s->from.bytes, s->from.tail, NULL), 0);
        e->app = bytes;
        e->app_len = sizeof bytes;
        assert_int_equal(sec_end_draw(e, room), 0);
        assert_int_equal(e->app_len, 0);
        memcpy(s->to.bytes, e->wire, e->wire_len);
        s->to.tail = e->wire_len;
        for (size_t n = 0; n < sizeof bytes;) {
            ssize_t more = gnutls_record_recv(s->session, got, sizeof got);

            if (more == GNUTLS_E_AGAIN && s->to.head < s->to.tail) {
                continue; /* that was the update */
            }
            assert_true(more > 0);
            assert_memory_equal(got, bytes + n, (size_t)more);
            n += (size_t)more;
        }
        p2p__cert_fini(&cert);
        stranger_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_stranger),
        cmocka_unit_test(test_without_alpn_multistream_decides),
        cmocka_unit_test(test_older_versions_are_refused),
        cmocka_unit_test(test_nobody_goes_without_a_certificate),
        cmocka_unit_test(test_two_certificates_are_refused),
        cmocka_unit_test(test_a_certificate_is_verified),
        cmocka_unit_test(test_another_protocol_is_refused),
        cmocka_unit_test(test_a_message_has_a_cap),
        cmocka_unit_test(test_T12_shares_of_low_order),
        cmocka_unit_test(test_noise_is_no_tls),
        cmocka_unit_test(test_key_updates_have_an_end),
        cmocka_unit_test(test_a_key_update_takes_room_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
