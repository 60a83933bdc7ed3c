/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What we tell others about ourselves: see self.h.
 *
 * Both parts are encoded to their size in a slab of their own: the record
 * apart, for it goes into a message of its own when all is long. Which
 * addresses were signed is seen from the message, where they stand too: a new
 * record is made when the message's addresses differ from those before.
 */
#include "proto/identify/self.h"

#include "base/mem.h"

void p2p__identify_self_init(struct p2p__identify_self *s,
                             const struct p2p_key *key, const char *agent,
                             struct p2p__env *env)
{
    *s = (struct p2p__identify_self){.key = key, .agent = agent, .env = env};
}

static void put_fields(struct p2p__pbw *w, const struct p2p__identify_self *s,
                       const struct p2p__identify_content *content)
{
    size_t key_len;
    const uint8_t *key = p2p_key_public(s->key, &key_len);

    p2p__pbw_bytes(w, P2P__IDENTIFY_PUBKEY, key, key_len);
    for (size_t i = 0; i < content->n_addrs; i++) {
        p2p__pbw_bytes(w, P2P__IDENTIFY_ADDR, content->addrs[i].bytes,
                       content->addrs[i].len);
    }
    for (size_t i = 0; i < content->n_protocols; i++) {
        p2p__pbw_text(w, P2P__IDENTIFY_NAME, content->protocols[i]);
    }
    p2p__pbw_text(w, P2P__IDENTIFY_VERSION, P2P__IDENTIFY_VERSION_TEXT);
    p2p__pbw_text(w, P2P__IDENTIFY_AGENT, s->agent);
}

/* Encodes all but the record into a new slab. */
static int make_message(const struct p2p__identify_self *s,
                        const struct p2p__identify_content *content,
                        struct p2p__slab **out)
{
    struct p2p__pbw w;
    int len;

    p2p__pbw_init(&w, NULL, 0);
    put_fields(&w, s, content);
    /* The longest address may come as `observed`. */
    len = p2p__pbw_end(&w);
    if (len < 0 ||
        (size_t)len + P2P_MULTIADDR_MAX + 4 > P2P__CAP_IDENTIFY_OWN_BYTES) {
        return P2P_ETOOBIG;
    }
    *out = p2p__slab_new((size_t)len);
    if (*out == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, (*out)->data, (size_t)len);
    put_fields(&w, s, content);
    return 0;
}

/* Whether the addresses are those of the message that we tell now. */
static bool is_signed(const struct p2p__identify_self *s,
                      const struct p2p__identify_content *content)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    size_t i = 0;

    if (s->record == NULL || s->message == NULL) {
        return false;
    }
    p2p__pb_init(&r, p2p__slice_of(s->message->data, s->message->cap));
    while (p2p__pb_next(&r, &f)) {
        if (f.tag != P2P__PB_BYTES(P2P__IDENTIFY_ADDR)) {
            continue;
        }
        if (i == content->n_addrs || content->addrs[i].len != f.bytes.len ||
            memcmp(content->addrs[i].bytes, f.bytes.p, f.bytes.len) != 0) {
            return false;
        }
        i++;
    }
    return i == content->n_addrs;
}

/* Signs the addresses and encodes the field into a new slab. */
static int make_record(const struct p2p__identify_self *s, uint64_t seq,
                       const struct p2p__identify_content *content,
                       struct p2p__slab **out)
{
    struct p2p__record_content record = {
        .seq = seq, .addrs = content->addrs, .count = content->n_addrs};
    uint8_t *sealed = p2p__alloc(P2P__CAP_IDENTIFY_OWN_BYTES);
    struct p2p__pbw w;
    int len;

    if (sealed == NULL) {
        return P2P_ENOMEM;
    }
    len = p2p__record_seal(s->key, &record, sealed,
                           P2P__CAP_IDENTIFY_OWN_BYTES - 4);
    if (len >= 0) {
        p2p__pbw_init(&w, NULL, 0);
        p2p__pbw_bytes(&w, P2P__IDENTIFY_RECORD, sealed, (size_t)len);
        *out = p2p__slab_new(w.len);
        if (*out != NULL) {
            p2p__pbw_init(&w, (*out)->data, (*out)->cap);
            p2p__pbw_bytes(&w, P2P__IDENTIFY_RECORD, sealed, (size_t)len);
            assert(p2p__pbw_end(&w) == (int)(*out)->cap);
        }
    }
    p2p__free(sealed);
    return len < 0 ? len : *out == NULL ? P2P_ENOMEM : 0;
}

static bool is_same(const struct p2p__slab *a, const struct p2p__slab *b)
{
    return a != NULL && a->cap == b->cap &&
           memcmp(a->data, b->data, a->cap) == 0;
}

int p2p__identify_self_set(struct p2p__identify_self *s,
                           const struct p2p__identify_content *content)
{
    struct p2p__slab *message = NULL, *record = NULL;
    const uint64_t wall = (uint64_t)s->env->wall_ns(s->env);
    uint64_t seq = wall > s->seq ? wall : s->seq + 1;
    int rv = make_message(s, content, &message);

    if (rv != 0) {
        return rv;
    }
    if (is_signed(s, content)) {
        record = p2p__slab_ref(s->record);
        seq = s->seq;
    } else {
        rv = make_record(s, seq, content, &record);
    }
    if (rv != 0 || (record == s->record && is_same(s->message, message))) {
        p2p__slab_unref(message);
        p2p__slab_unref(record);
        return rv;
    }
    p2p__identify_self_fini(s);
    s->message = message;
    s->record = record;
    s->seq = seq;
    return 1;
}

struct p2p__slice p2p__identify_self_record(const struct p2p__identify_self *s)
{
    struct p2p__pb_field f = {0};
    struct p2p__pb r;

    if (s->record != NULL) {
        p2p__pb_init(&r, p2p__slice_of(s->record->data, s->record->cap));
        (void)p2p__pb_next(&r, &f);
    }
    return f.bytes;
}

void p2p__identify_self_fini(struct p2p__identify_self *s)
{
    p2p__slab_unref(s->message);
    p2p__slab_unref(s->record);
    s->message = NULL;
    s->record = NULL;
}
