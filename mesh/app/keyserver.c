/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See keyserver.h. One question is answered before the next is read: who asks
 * waits for the answer, and one who does not read it is asked no more.
 */
#include "mesh/app/keyserver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mesh/applier/keyring.h"
#include "mesh/applier/keywire.h"
#include "mesh/applier/wire.h"
#include "p2p/err.h"
#include "p2p/seal.h"

struct um_keyserver {
    struct um_keyserver_cfg cfg;
    struct um_keyring ring; /* borrows the keys of cfg.state */
    struct um_wire_in in;
    struct um_buf out;
};

/* What is answered; bytes has room for a signature and for a public key. */
struct answer {
    int err;
    size_t len;
    uint8_t bytes[P2P_PUBKEY_MAX];
};

static void know_keys(struct um_keyserver *s)
{
    s->ring.node = s->cfg.state->key;
    s->ring.owner = s->cfg.state->owner;
    s->ring.next = s->cfg.state->next;
    s->ring.old = s->cfg.state->old;
}

static void tell_public(const struct um_keyserver *s, unsigned which,
                        struct answer *a)
{
    const struct p2p_key *key =
        um_keyring_get(&s->ring, (enum um_keyring_key)which);
    const uint8_t *pub;

    a->err = key == NULL ? P2P_ENOTFOUND : 0;
    if (key != NULL) {
        pub = p2p_key_public(key, &a->len);
        memcpy(a->bytes, pub, a->len);
    }
}

static int make_owner(struct um_keyserver *s)
{
    struct p2p_key *key;
    int rv;

    if (s->cfg.state->owner != NULL) {
        return 0;
    }
    rv = p2p_key_generate(P2P_KEY_ED25519, &key);
    if (rv != 0) {
        return rv;
    }
    if (um_state_keep_owner(s->cfg.state, key, s->cfg.log) != 0) {
        p2p_key_free(key);
        return P2P_EIO;
    }
    return 0;
}

static int make(struct um_keyserver *s, unsigned which)
{
    int rv = which == UM_KEYRING_OWNER                           ? make_owner(s)
             : which != UM_KEYRING_NEXT                          ? P2P_EINVAL
             : um_state_make_next(s->cfg.state, s->cfg.log) == 0 ? 0
                                                                 : P2P_EIO;

    know_keys(s);
    return rv;
}

/* The next key becomes the node's. */
static int succeed(struct um_keyserver *s)
{
    struct um_state *st = s->cfg.state;

    if (st->next == NULL) {
        return P2P_ENOTFOUND;
    }
    if (um_state_succeed(st, s->cfg.log) != 0) {
        return P2P_EIO;
    }
    know_keys(s);
    um_agent_succeed(s->cfg.agent, st->key, st->old);
    return 0;
}

/* Nothing is to tell that this node was a member: it gets another key. */
static int forget(struct um_keyserver *s)
{
    struct um_state *st = s->cfg.state;

    if (um_state_drop_owner(st, s->cfg.log) != 0 ||
        um_state_make_next(st, s->cfg.log) != 0 ||
        um_state_succeed(st, s->cfg.log) != 0) {
        return P2P_EIO;
    }
    um_agent_succeed(s->cfg.agent, st->key, NULL);
    um_state_drop_others(st);
    um_state_drop_verified(st);
    return 0;
}

static int leave(struct um_keyserver *s, bool purge)
{
    int rv = um_agent_leave(s->cfg.agent);

    if (rv == 0) {
        um_agent_succeed(s->cfg.agent, s->cfg.state->key, NULL);
        um_state_drop_others(s->cfg.state);
    }
    if (rv == 0 && purge) {
        rv = forget(s);
    }
    know_keys(s);
    return rv;
}

static void answer(struct um_keyserver *s, const struct um_keywire_ask *q,
                   struct answer *a)
{
    struct um_keyring_place place;

    s->cfg.catch_up(s->cfg.user);
    um_agent_place(s->cfg.agent, &place);
    switch (q->what) {
        case UM_KEYWIRE_PUBLIC:
            tell_public(s, q->key, a);
            break;
        case UM_KEYWIRE_SIGN:
            a->err = um_keyring_sign(&s->ring,
                                     &(struct um_keyring_text){
                                         (enum um_keyring_key)q->key, q->bytes},
                                     &place, a->bytes, &a->len);
            break;
        case UM_KEYWIRE_OPEN:
            a->err = um_keyring_open(&s->ring, (enum um_keyring_key)q->key,
                                     q->bytes, a->bytes);
            a->len = a->err == 0 ? q->bytes.len - P2P_SEAL_BYTES : 0;
            break;
        case UM_KEYWIRE_MAKE:
            a->err = make(s, q->key);
            break;
        case UM_KEYWIRE_SUCCEED:
            a->err = succeed(s);
            break;
        case UM_KEYWIRE_LEAVE:
            a->err = leave(s, q->key == UM_KEYRING_OWNER);
            break;
    }
}

/* Whether there is somebody who reads; what has no room yet stays. */
static bool write_out(struct um_keyserver *s)
{
    while (s->out.len > 0) {
        ssize_t n =
            send(s->cfg.fd, s->out.p, s->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        um_buf_consume(&s->out, (size_t)n);
    }
    return true;
}

/* Answers what is whole, as long as the answers are read. */
static int serve(struct um_keyserver *s)
{
    struct um_keywire_ask q;
    struct um_str frame;
    int rv = 0;

    while (s->out.len == 0 && (rv = um_wire_in_next(&s->in, &frame)) == 1) {
        struct answer a = {.err = 0};

        rv = um_keywire_ask_read(frame, &q);
        if (rv != 0) {
            return rv;
        }
        answer(s, &q, &a);
        um_keywire_put_say(&s->out,
                           &(struct um_keywire_say){
                               a.err, um_str_n((const char *)a.bytes, a.len)});
        explicit_bzero(&a, sizeof a);
        (void)write_out(s); /* if nobody reads, the next one says so */
    }
    return rv < 0 || um_buf_failed(&s->out) ? P2P_EFORMAT : 0;
}

static void on_ready(void *user);

/* As long as an answer waits, no question is read. */
static void watch(struct um_keyserver *s)
{
    if (s->out.len > 0) {
        (void)um_poll_watch_room(s->cfg.poll, s->cfg.fd, on_ready, s);
    } else {
        (void)um_poll_watch(s->cfg.poll, s->cfg.fd, false, on_ready, s);
    }
}

/* Nothing is asked any more. */
static void give_up(struct um_keyserver *s, const char *why)
{
    if (why != NULL) {
        um_log_line(s->cfg.log, UM_LOG_ERROR, "the applier's keys: %s", why);
    }
    (void)um_poll_watch(s->cfg.poll, s->cfg.fd, false, NULL, NULL);
    (void)shutdown(s->cfg.fd, SHUT_RDWR);
}

static void on_ready(void *user)
{
    struct um_keyserver *s = user;
    char bytes[65536];
    ssize_t n = 0;
    int rv;

    if (!write_out(s)) {
        give_up(s, NULL);
        return;
    }
    if (s->out.len == 0) {
        n = recv(s->cfg.fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            give_up(s, NULL);
            return;
        }
    }
    rv = n > 0 ? um_wire_in_add(&s->in, um_str_n(bytes, (size_t)n)) : 0;
    if (rv == 0) {
        rv = serve(s);
    }
    if (rv != 0) {
        give_up(s, p2p_err_text(rv));
        return;
    }
    watch(s);
}

struct um_keyserver *um_keyserver_new(const struct um_keyserver_cfg *cfg)
{
    struct um_keyserver *s = calloc(1, sizeof *s);

    if (s == NULL) {
        return NULL;
    }
    s->cfg = *cfg;
    s->ring.log = cfg->log;
    know_keys(s);
    watch(s);
    return s;
}

void um_keyserver_free(struct um_keyserver *s)
{
    if (s == NULL) {
        return;
    }
    (void)um_poll_watch(s->cfg.poll, s->cfg.fd, false, NULL, NULL);
    um_wire_in_fini(&s->in);
    um_buf_fini(&s->out);
    free(s);
}
