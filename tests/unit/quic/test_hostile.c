/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peers that mean harm: who are not who they should be, show what is no
 * certificate of theirs, send TLS without end, and open streams only to reset
 * them.
 */
#include <gnutls/abstract.h>
#include <stdlib.h>

#include "app.h"
#include "mux/quic/priv.h"

/* Credentials of an end whose certificate is not right: with one bit turned,
 * twice the same, or none at all (count 0). */
static void forge(struct quic_end *e, unsigned count, bool turned)
{
    struct p2p__tls_id *id = e->id;
    gnutls_certificate_credentials_t creds;
    struct p2p__cert cert;
    gnutls_datum_t der, secret;
    gnutls_pcert_st pcert[2];
    gnutls_privkey_t key;

    assert_int_equal(p2p__cert_make(e->key, &cert), 0);
    if (turned) {
        cert.der[cert.der_len - 1] ^= 1;
    }
    der = (gnutls_datum_t){cert.der, (unsigned)cert.der_len};
    secret = (gnutls_datum_t){cert.key, (unsigned)cert.key_len};
    assert_int_equal(gnutls_certificate_allocate_credentials(&creds), 0);
    if (count > 0) {
        assert_int_equal(gnutls_privkey_init(&key), 0);
        assert_int_equal(gnutls_privkey_import_x509_raw(
                             key, &secret, GNUTLS_X509_FMT_DER, NULL, 0),
                         0);
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(gnutls_pcert_import_x509_raw(
                                 &pcert[i], &der, GNUTLS_X509_FMT_DER, 0),
                             0);
        }
        assert_true(gnutls_certificate_set_key(creds, NULL, 0, pcert,
                                               (int)count, key) >= 0);
    }
    gnutls_certificate_set_verify_function(creds, id->verify);
    if (id->creds != NULL) { /* no session was begun with it */
        gnutls_certificate_free_credentials(id->creds);
    }
    id->creds = creds;
    p2p__cert_fini(&cert);
}

static void test_who_is_somebody_else_is_refused(void **state)
{
    struct app *a = app_new(1);

    (void)state;
    a->p.expected = &a->p.end[0].self;
    (void)quic_pair_shake(&a->p);
    quic_pair_pass(&a->p, P2P__SEC(1));
    assert_int_equal(a->p.end[0].err, P2P_EPEER);
    assert_int_equal(a->p.end[1].err, P2P_EAUTH);
    assert_false(a->p.end[0].established || a->p.end[1].established);
    app_free(a);
}

static void test_a_listener_without_a_right_certificate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct app *a = app_new(2);

        forge(&a->p.end[1], i + 1, i == 0);
        (void)quic_pair_shake(&a->p);
        quic_pair_pass(&a->p, P2P__SEC(1));
        assert_int_equal(a->p.end[0].err, P2P_EAUTH);
        assert_int_equal(a->p.end[1].err, P2P_EAUTH);
        assert_false(a->p.end[0].established || a->p.end[1].established);
        app_free(a);
    }
}

/* The dialer is through with its handshake before the listener looks at its
 * certificate: it hears of it afterwards. */
static void test_T13_a_dialer_without_a_right_certificate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct app *a = app_new(3);

        forge(&a->p.end[0], i, i == 1);
        (void)quic_pair_shake(&a->p);
        quic_pair_pass(&a->p, P2P__SEC(1));
        assert_int_equal(a->p.end[1].err, P2P_EAUTH);
        assert_int_equal(a->p.end[0].err, P2P_EAUTH);
        assert_false(a->p.end[1].established);
        app_free(a);
    }
}

/* The peer's control over its own session, past our calls. */
static struct p2p__quic *inside(struct app *a, unsigned side)
{
    return a->p.end[side].sess;
}

static void test_tls_after_the_handshake_has_a_cap(void **state)
{
    static const uint8_t junk[1000];
    struct app *a = app_shaken(4);

    (void)state;
    app_pass(a, P2P__SEC(1));
    for (size_t i = 0; i < 2 * P2P__CAP_QUIC_CRYPTO_BYTES / sizeof junk &&
                       a->p.end[1].err == 0;
         i++) {
        assert_int_equal(
            ngtcp2_conn_submit_crypto_data(
                inside(a, 0)->conn, P2P__NG_LEVEL_APP, junk, sizeof junk),
            0);
        p2p__mark(&a->p.end[0].job);
        app_pass(a, P2P__MS(30));
    }
    assert_int_equal(a->p.end[1].err, P2P_ETOOBIG);
    app_free(a);
}

static void count_opened(struct quic_pair *p, unsigned side,
                         const struct p2p__sess_ev *ev)
{
    struct app *a = p->user;

    a->opened += side == 1 && ev->type == P2P__SESS_OPENED;
}

static void open_and_reset(struct app *a)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    void *sess = a->p.end[0].sess, *st;

    assert_int_equal(p2p__quic_ops.open(sess, NULL, &st, a->p.now), 0);
    assert_int_equal(p2p__quic_ops.send(sess, st, &data), 0);
    quic_pair_pump(&a->p);
    p2p__quic_ops.reset(sess, st, 1);
    quic_pair_pump(&a->p);
}

static void test_rapid_resets_are_slowed_down(void **state)
{
    struct app *a = app_shaken(5);
    uint64_t at_once;

    (void)state;
    a->p.on = count_opened;
    for (unsigned i = 0; i < 3 * P2P__CAP_QUIC_CHURN_BURST; i++) {
        open_and_reset(a);
        quic_pair_pass(&a->p, P2P__US(300));
    }
    at_once = a->opened;
    assert_in_range(at_once, P2P__CAP_QUIC_CHURN_BURST,
                    P2P__CAP_QUIC_CHURN_BURST + 2 * P2P__CAP_QUIC_STREAMS);
    for (unsigned i = 0; i < 1000; i++) {
        open_and_reset(a);
        quic_pair_pass(&a->p, P2P__MS(10));
    }
    assert_in_range(a->opened - at_once, 1, 11 * P2P__CAP_QUIC_CHURN_PER_SEC);
    assert_int_equal(a->p.end[1].err, 0);
    app_free(a);
}

/* Streams that ended are paid for while the socket takes nothing, too: else
 * their moment stays in the past, and a loop would turn without end. */
static void test_streams_are_granted_while_the_socket_is_full(void **state)
{
    struct app *a = app_shaken(12);
    struct p2p__quic *q = a->p.end[1].sess;
    const p2p_ns now = a->p.now;

    (void)state;
    p2p__quic_credit(q, false);
    assert_true(p2p__quic_ops.deadline(q) <= now);
    assert_int_equal(p2p__quic_ops.expire(q, now), 0);
    assert_true(p2p__quic_ops.deadline(q) > now);
    app_free(a);
}

static void test_memory_has_a_limit(void **state)
{
    (void)state;
    for (uint64_t limit = 1000; limit < 200000; limit += 1999) {
        struct app *a = app_new(6);
        int rv;

        a->p.end[1].quota.limit[P2P__Q_MEMORY] = limit;
        rv = quic_pair_shake(&a->p);
        assert_true(rv == 0 || a->p.end[1].err == P2P_ELIMIT ||
                    a->p.end[0].err == P2P_ETIMEDOUT);
        app_free(a);
    }
}

/* How much the peer may send before it hears from us again. */
static void test_the_window_of_all_streams_has_a_cap(void **state)
{
    struct app *a = app_shaken(8);
    uint64_t most = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        app_queue(a, app_open(a, 0), 0, 1000000000);
    }
    for (unsigned i = 0; i < 1500; i++) {
        app_pass(a, P2P__US(200));
        most =
            p2p__max(most, ngtcp2_conn_get_max_data_left(inside(a, 0)->conn));
    }
    assert_in_range(most, 2 * P2P__QUIC_CONN_WINDOW_BYTES,
                    P2P__CAP_QUIC_CONN_WINDOW_BYTES);
    app_free(a);
}

static void test_junk_is_left_out(void **state)
{
    struct app *a = app_shaken(7);
    uint8_t junk[1300];

    (void)state;
    for (size_t len = 0; len < sizeof junk; len += 13) {
        p2p__rng_fill(&a->p.rng, junk, sizeof junk);
        (void)quic_pair_feed(&a->p, 1, junk, len);
        assert_int_equal(a->p.end[1].err, 0);
    }
    app_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_somebody_else_is_refused),
        cmocka_unit_test(test_a_listener_without_a_right_certificate),
        cmocka_unit_test(test_T13_a_dialer_without_a_right_certificate),
        cmocka_unit_test(test_tls_after_the_handshake_has_a_cap),
        cmocka_unit_test(test_rapid_resets_are_slowed_down),
        cmocka_unit_test(test_streams_are_granted_while_the_socket_is_full),
        cmocka_unit_test(test_memory_has_a_limit),
        cmocka_unit_test(test_the_window_of_all_streams_has_a_cap),
        cmocka_unit_test(test_junk_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
