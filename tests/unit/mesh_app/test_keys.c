/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The daemon's end of its applier's keys; the applier is a thread that says
 * what the test has it say. */
#include "mesh/app/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mesh/applier/keywire.h"
#include "mesh/applier/wire.h"
#include "p2p/err.h"
#include "unit.h"

/* What the applier does with a text that is to be signed. */
enum { SIGN, KEEP_BACK, SAY_NONSENSE, HANG_UP };

enum { LONG_MS = 20000, SHORT_MS = 50 };

struct scene {
    int fd; /* the applier's */
    pthread_t thread;
    struct p2p_key *key; /* the node's */
    unsigned does;       /* with the first text; the others it signs */
    struct um_keys *keys;
    unsigned lost;
    bool closed;
};

static void send_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        p += n;
        len -= (size_t)n;
    }
}

static void show_key(const struct scene *s, unsigned which, struct um_buf *out)
{
    struct um_keywire_say say = {.err = P2P_ENOTFOUND};
    size_t len = 0;

    if (which == UM_KEYRING_NODE) {
        say.err = 0;
        say.bytes.p = (const char *)p2p_key_public(s->key, &len);
        say.bytes.len = len;
    }
    um_keywire_put_say(out, &say);
}

static void sign(const struct scene *s, struct um_str text, struct um_buf *out)
{
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t len = 0;

    assert_int_equal(p2p_key_sign(s->key, text.p, text.len, sig, &len), 0);
    um_keywire_put_say(
        out, &(struct um_keywire_say){0, um_str_n((const char *)sig, len)});
}

/* Adds what is said to a question to `out`; what is kept back stays there.
 * False: it is over. */
static bool answer(struct scene *s, struct um_str frame, struct um_buf *out)
{
    unsigned does = s->does;
    struct um_keywire_ask q;

    assert_int_equal(um_keywire_ask_read(frame, &q), 0);
    if (q.what == UM_KEYWIRE_PUBLIC) {
        show_key(s, q.key, out);
    } else if (does == SAY_NONSENSE) {
        um_buf_add(out, "\0\0\0\1x", 5);
    } else {
        sign(s, q.bytes, out);
        s->does = SIGN;
    }
    if (q.what != UM_KEYWIRE_PUBLIC && (does == KEEP_BACK || does == HANG_UP))
        return does == KEEP_BACK;
    send_all(s->fd, out->p, out->len);
    um_buf_clear(out);
    return true;
}

static void *be_applier(void *arg)
{
    struct scene *s = arg;
    struct um_wire_in in = {.used = 0};
    struct um_buf out = UM_BUF_INIT;
    struct um_str frame;
    bool more = true;
    char bytes[4096];
    ssize_t n;

    while (more && (n = recv(s->fd, bytes, sizeof bytes, 0)) > 0) {
        (void)um_wire_in_add(&in, um_str_n(bytes, (size_t)n));
        while (more && um_wire_in_next(&in, &frame) == 1)
            more = answer(s, frame, &out);
    }
    (void)shutdown(s->fd, SHUT_RDWR);
    um_wire_in_fini(&in);
    um_buf_fini(&out);
    return NULL;
}

static void on_lost(void *user, bool closed)
{
    struct scene *s = user;

    s->lost++;
    s->closed = closed;
}

static void begin(struct scene *s, unsigned does, unsigned patience_ms)
{
    struct um_keys_cfg cfg = {
        .patience_ms = patience_ms, .lost = on_lost, .user = s};
    int ends[2];

    *s = (struct scene){.does = does};
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &s->key), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    s->fd = ends[0];
    cfg.fd = ends[1];
    assert_int_equal(pthread_create(&s->thread, NULL, be_applier, s), 0);
    s->keys = um_keys_new(&cfg);
    assert_non_null(s->keys);
    assert_null(um_keys_get(s->keys, UM_KEYRING_OWNER));
}

static void end(struct scene *s)
{
    um_keys_free(s->keys);
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
    p2p_key_free(s->key);
}

/* The error; a signature is one of that text. */
static int sign_one(struct scene *s, const char *text)
{
    struct p2p_key *key = um_keys_get(s->keys, UM_KEYRING_NODE);
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t len = 0, pub_len = 0;
    int rv = p2p_key_sign(key, text, strlen(text), sig, &len);

    if (rv == 0) {
        const uint8_t *pub = p2p_key_public(s->key, &pub_len);

        assert_int_equal(
            p2p_pubkey_verify(pub, pub_len, text, strlen(text), sig, len), 0);
    }
    return rv;
}

static void test_answers(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, SIGN, LONG_MS);
    assert_int_equal(sign_one(&s, "one"), 0);
    assert_int_equal(sign_one(&s, "another"), 0);
    assert_int_equal(s.lost, 0);
    end(&s);
}

/* An answer that comes too late is not taken for that to the next question. */
static void test_a_late_answer(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, KEEP_BACK, SHORT_MS);
    assert_int_equal(sign_one(&s, "one"), P2P_ETIMEDOUT);
    assert_int_equal(s.lost, 1);
    assert_false(s.closed);
    assert_int_equal(sign_one(&s, "another"), P2P_ECLOSED);
    assert_int_equal(um_keys_make(s.keys, UM_KEYRING_NEXT), P2P_ECLOSED);
    assert_int_equal(s.lost, 1);
    end(&s);
}

static void test_nonsense(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, SAY_NONSENSE, LONG_MS);
    assert_int_equal(sign_one(&s, "one"), P2P_EFORMAT);
    assert_int_equal(s.lost, 1);
    assert_false(s.closed);
    assert_int_equal(sign_one(&s, "another"), P2P_ECLOSED);
    end(&s);
}

static void test_an_applier_that_ends(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, HANG_UP, LONG_MS);
    assert_int_equal(sign_one(&s, "one"), P2P_ECLOSED);
    assert_int_equal(s.lost, 1);
    assert_true(s.closed);
    assert_int_equal(sign_one(&s, "another"), P2P_ECLOSED);
    assert_int_equal(s.lost, 1);
    end(&s);
}

/* Without a key for the node there is nothing. */
static void test_no_key(void **state)
{
    struct um_keys_cfg cfg = {.lost = on_lost};
    struct scene s = {.lost = 0};
    int ends[2];

    (void)state;
    cfg.user = &s;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    cfg.fd = ends[0];
    (void)close(ends[1]);
    assert_null(um_keys_new(&cfg));
    assert_int_equal(s.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_late_answer),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_an_applier_that_ends),
        cmocka_unit_test(test_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
