/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See keys.h. Failure mode: an applier that ended, or does not answer in time:
 * then nothing is signed any more, and the daemon ends. */
#include "mesh/app/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "mesh/applier/keyring.h"
#include "mesh/applier/keywire.h"
#include "mesh/applier/wire.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"
#include "p2p/seal.h"

/* How long an answer is waited for. */
#define PATIENCE_MS 20000U

struct one {
    struct um_keys *keys;
    enum um_keyring_key which;
    struct p2p_key *key; /* NULL: there is none */
};

struct um_keys {
    struct um_keys_cfg cfg;
    struct um_wire_in in;
    bool met;  /* all are here that there are */
    bool lost; /* questions and answers are no pairs any more */
    struct one all[UM_KEYRING_OLD + 1]; /* by um_keyring_key */
};

/* What a call that failed means. */
static int why(void)
{
    return errno == EAGAIN ? P2P_ETIMEDOUT : P2P_ECLOSED;
}

static int put(int fd, struct um_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            return why();
        }
        bytes = um_str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

/* The next frame. */
static int get(struct um_keys *k, struct um_str *frame)
{
    char bytes[4096];
    int rv;

    while ((rv = um_wire_in_next(&k->in, frame)) == 0) {
        ssize_t n = recv(k->cfg.fd, bytes, sizeof bytes, 0);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return n == 0 ? P2P_ECLOSED : why();
        }
        rv = um_wire_in_add(&k->in, um_str_n(bytes, n > 0 ? (size_t)n : 0));
        if (rv != 0) {
            return rv;
        }
    }
    return rv < 0 ? rv : 0;
}

/* Never again: an answer that comes late is to nothing that is asked then. */
static void lose(struct um_keys *k, int err)
{
    um_log_line(k->cfg.log, UM_LOG_ERROR, "the applier's keys: %s",
                p2p_err_text(err));
    k->lost = true;
    (void)shutdown(k->cfg.fd, SHUT_RDWR);
    if (k->met && k->cfg.lost != NULL) {
        k->cfg.lost(k->cfg.user, err == P2P_ECLOSED);
    }
}

/* Asks, and waits. `out` is valid until the next question. */
static int ask(struct um_keys *k, const struct um_keywire_ask *q,
               struct um_str *out)
{
    struct um_keywire_say a = {.err = P2P_ECLOSED};
    struct um_buf frame = UM_BUF_INIT;
    struct um_str got;
    int rv;

    if (k->lost) {
        return P2P_ECLOSED;
    }
    um_keywire_put_ask(&frame, q);
    if (um_buf_failed(&frame)) {
        um_buf_fini(&frame);
        return P2P_ENOMEM;
    }
    rv = put(k->cfg.fd, um_buf_view(&frame));
    um_buf_fini(&frame);
    if (rv == 0) {
        rv = get(k, &got);
    }
    if (rv == 0) {
        rv = um_keywire_say_read(got, &a);
    }
    if (rv != 0) {
        lose(k, rv);
        return rv;
    }
    *out = a.bytes;
    return a.err;
}

static int on_sign(void *user, const void *msg, size_t msg_len, uint8_t *sig,
                   size_t *sig_len)
{
    const struct one *o = user;
    const struct um_keywire_ask q = {UM_KEYWIRE_SIGN, o->which,
                                     um_str_n(msg, msg_len)};
    struct um_str out;
    int rv = ask(o->keys, &q, &out);

    *sig_len = 0;
    if (rv == 0 && (out.len == 0 || out.len > P2P_SIGNATURE_MAX)) {
        rv = P2P_ECRYPTO;
    }
    if (rv == 0) {
        memcpy(sig, out.p, out.len);
        *sig_len = out.len;
    }
    return rv;
}

static int on_open(void *user, const void *sealed, size_t len, uint8_t *out)
{
    const struct one *o = user;
    const struct um_keywire_ask q = {UM_KEYWIRE_OPEN, o->which,
                                     um_str_n(sealed, len)};
    struct um_str got;
    int rv = ask(o->keys, &q, &got);

    if (rv == 0 && got.len != len - P2P_SEAL_BYTES) {
        rv = P2P_ECRYPTO;
    }
    if (rv == 0) {
        memcpy(out, got.p, got.len);
    } else {
        memset(out, 0, len - P2P_SEAL_BYTES);
    }
    return rv;
}

static const struct p2p_key_ops ops = {on_sign, on_open, NULL};

/* Makes a key of the public half that the applier shows. 0, or an error: there
 * is none. */
static int meet(struct um_keys *k, enum um_keyring_key which)
{
    const struct um_keywire_ask q = {UM_KEYWIRE_PUBLIC, which, {NULL, 0}};
    struct one *o = &k->all[which];
    struct um_str pub;
    int rv;

    p2p_key_free(o->key);
    o->key = NULL;
    rv = ask(k, &q, &pub);
    return rv == 0 ? p2p_key_external(pub.p, pub.len, &ops, o, &o->key) : rv;
}

/* All of them; the node's has to be there. */
static int meet_all(struct um_keys *k)
{
    int rv = 0;

    for (unsigned i = UM_KEYRING_NODE; i <= UM_KEYRING_OLD && rv == 0; i++) {
        rv = meet(k, (enum um_keyring_key)i);
        rv = rv == P2P_ENOTFOUND && i != UM_KEYRING_NODE ? 0 : rv;
    }
    return rv;
}

struct um_keys *um_keys_new(const struct um_keys_cfg *cfg)
{
    unsigned ms = cfg->patience_ms > 0 ? cfg->patience_ms : PATIENCE_MS;
    const struct timeval patience = {
        .tv_sec = (time_t)(ms / 1000U),
        .tv_usec = (suseconds_t)(ms % 1000U * 1000U)};
    struct um_keys *k = calloc(1, sizeof *k);
    int fd = cfg->fd, rv = P2P_ENOMEM;

    if (k == NULL) {
        (void)close(fd);
        return NULL;
    }
    k->cfg = *cfg;
    for (unsigned i = UM_KEYRING_NODE; i <= UM_KEYRING_OLD; i++) {
        k->all[i] = (struct one){.keys = k, .which = (enum um_keyring_key)i};
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ==
            0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) ==
            0) {
        rv = meet_all(k);
    }
    if (rv != 0) {
        um_log_line(cfg->log, UM_LOG_ERROR,
                    "the applier has no key for this node");
        um_keys_free(k);
        return NULL;
    }
    k->met = true;
    return k;
}

void um_keys_free(struct um_keys *k)
{
    if (k == NULL) {
        return;
    }
    for (unsigned i = UM_KEYRING_NODE; i <= UM_KEYRING_OLD; i++) {
        p2p_key_free(k->all[i].key);
    }
    um_wire_in_fini(&k->in);
    (void)close(k->cfg.fd);
    free(k);
}

struct p2p_key *um_keys_get(struct um_keys *k, enum um_keyring_key which)
{
    return k->all[which].key;
}

/* Asks for something to be done. */
static int have_done(struct um_keys *k, enum um_keywire_what what,
                     enum um_keyring_key which)
{
    const struct um_keywire_ask q = {what, which, {NULL, 0}};
    struct um_str none;

    return ask(k, &q, &none);
}

int um_keys_make(struct um_keys *k, enum um_keyring_key which)
{
    int rv =
        k->all[which].key != NULL ? 0 : have_done(k, UM_KEYWIRE_MAKE, which);

    if (rv == 0 && k->all[which].key == NULL) {
        rv = meet(k, which);
    }
    return rv;
}

int um_keys_succeed(struct um_keys *k)
{
    int rv = have_done(k, UM_KEYWIRE_SUCCEED, UM_KEYRING_NEXT);

    return rv == 0 ? meet_all(k) : rv;
}

int um_keys_leave(struct um_keys *k, bool purge)
{
    int rv = have_done(k, UM_KEYWIRE_LEAVE,
                       purge ? UM_KEYRING_OWNER : UM_KEYRING_NODE);

    if (rv != 0) {
        return rv;
    }
    for (unsigned i = UM_KEYRING_OWNER; i <= UM_KEYRING_OLD; i++) {
        if (i != UM_KEYRING_OWNER || purge) {
            p2p_key_free(k->all[i].key);
            k->all[i].key = NULL;
        }
    }
    return purge ? meet(k, UM_KEYRING_NODE) : 0;
}
