/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See sec_pair.h. The heap is the C library's: what the channels take from
 * theirs is to be seen apart. */
#include "sec_pair.h"

#include <stdlib.h>

#include "base/mem.h"

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct sec_end *e = P2P__CONTAINER(src, struct sec_end, src);
    size_t n = p2p__min(e->app_len, cap);

    (void)now;
    if (n > 0) {
        memcpy(dst, e->app, n);
        e->app += n;
        e->app_len -= n;
    }
    return (int)n;
}

static int end_init(struct sec_pair *p, int which,
                    const struct p2p_security *ops)
{
    struct sec_end *e = &p->ends[which];
    uint8_t seed[32] = {(uint8_t)(which + 1)};
    const uint8_t *pb;
    size_t len;
    int rv;

    e->ops = ops;
    test_env_init(&e->env, (uint64_t)which);
    p2p__quota_init(&e->quota, NULL, "conn");
    e->src.pull = pull;
    e->wire = malloc(SEC_PAIR_WIRE);
    if (e->wire == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p_key_from_seed(seed, &e->key);
    if (rv != 0) {
        return rv;
    }
    pb = p2p_key_public(e->key, &len);
    rv = p2p_peer_id_from_pubkey(pb, len, &e->peer);
    if (rv != 0) {
        return rv;
    }
    return ops->id_new(p->crypto, &e->env.env, e->key, &e->id);
}

int sec_pair_init_for(struct sec_pair *p, const struct p2p_security *ops)
{
    int rv;

    *p = (struct sec_pair){0};
    rv = p2p__crypto_new(&p->crypto);
    for (int i = 0; i < 2 && rv == 0; i++) {
        rv = end_init(p, i, ops);
    }
    if (rv != 0) {
        sec_pair_fini(p);
    }
    return rv;
}

int sec_pair_init(struct sec_pair *p)
{
    return sec_pair_init_for(p, &p2p__noise_security);
}

static void end_fini(struct sec_end *e)
{
    if (e->chan != NULL) {
        e->ops->chan->fini(e->chan);
    }
    if (e->chan != &e->n) {
        p2p__free(e->chan);
    }
    p2p__quota_fini(&e->quota);
    if (e->ops != NULL) {
        e->ops->id_free(e->id);
    }
    p2p_key_free(e->key);
    free(e->wire);
    free(e->got);
}

void sec_pair_fini(struct sec_pair *p)
{
    for (int i = 0; i < 2; i++) {
        end_fini(&p->ends[i]);
    }
    p2p__crypto_free(p->crypto);
}

struct p2p__sec_cfg sec_pair_cfg(struct sec_pair *p, int end)
{
    return (struct p2p__sec_cfg){
        .dialer = end == 0,
        .crypto = p->crypto,
        .proofs = &p->proofs,
        .id = p->ends[end].id,
        .quota = &p->ends[end].quota,
        .env = &p->ends[end].env.env,
    };
}

int sec_end_start(struct sec_end *e, const struct p2p__sec_cfg *cfg)
{
    if (e->ops != &p2p__noise_security) {
        return e->ops->start(cfg, &e->chan, 0);
    }
    e->chan = &e->n;
    return p2p__noise_init(&e->n, cfg, 0);
}

int sec_pair_start(struct sec_pair *p)
{
    int rv = 0;

    for (int i = 0; i < 2 && rv == 0; i++) {
        struct p2p__sec_cfg cfg = sec_pair_cfg(p, i);

        rv = sec_end_start(&p->ends[i], &cfg);
    }
    return rv;
}

static void handle_events(struct sec_end *e)
{
    struct p2p__sec_ev ev;

    while (e->ops->next(e->chan, &ev)) {
        assert(!e->established && ev.pubkey.len <= sizeof e->pubkey);
        e->established = true;
        e->pubkey_len = ev.pubkey.len;
        memcpy(e->pubkey, ev.pubkey.p, ev.pubkey.len);
        e->ev = ev;
        e->ev.pubkey = (struct p2p__slice){0};
    }
}

int sec_end_draw(struct sec_end *e, size_t room)
{
    struct p2p__outbuf out;
    int rv;

    do {
        size_t left = SEC_PAIR_WIRE - e->wire_len;

        out =
            (struct p2p__outbuf){.p = e->wire + e->wire_len,
                                 .cap = room > 0 ? p2p__min(room, left) : left};
        rv = e->ops->chan->tx(e->chan, &e->src, &out, 0);
        e->wire_len += out.len;
        handle_events(e);
    } while (rv == 0 && out.len > 0);
    return rv;
}

static int take_up(struct sec_end *e, const struct p2p__slice *up)
{
    if (e->got_cap - e->got_len < up->len) {
        size_t cap = 2 * (e->got_len + up->len);
        uint8_t *more = realloc(e->got, cap);

        if (more == NULL) {
            return P2P_ENOMEM;
        }
        e->got = more;
        e->got_cap = cap;
    }
    if (up->len > 0) {
        memcpy(e->got + e->got_len, up->p, up->len);
        e->got_len += up->len;
    }
    return 0;
}

static int feed_piece(struct sec_end *e, uint8_t *p, size_t len)
{
    struct p2p__slice in = p2p__slice_of(p, len), up;
    int rv;

    do {
        size_t before = in.len;

        rv = e->ops->chan->rx(e->chan, &in, &up, 0);
        if (rv != 0) {
            return rv;
        }
        handle_events(e);
        rv = take_up(e, &up);
        assert(in.len < before || before == 0);
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    return rv;
}

int sec_end_feed(struct sec_end *e, const uint8_t *bytes, size_t len,
                 struct chunker *c)
{
    int rv = 0;

    while (len > 0 && rv == 0) {
        size_t n = c == NULL ? len : chunker_next(c, len);
        uint8_t *copy = malloc(n);

        if (copy == NULL) {
            return P2P_ENOMEM;
        }
        memcpy(copy, bytes, n);
        rv = feed_piece(e, copy, n);
        free(copy);
        bytes += n;
        len -= n;
    }
    return rv;
}

int sec_pair_run(struct sec_pair *p, struct chunker *c)
{
    bool busy = true;

    while (busy) {
        busy = false;
        for (int i = 0; i < 2; i++) {
            struct sec_end *from = &p->ends[i], *to = &p->ends[1 - i];
            int rv = sec_end_draw(from, 0);

            if (rv == 0 && from->wire_len > 0) {
                busy = true;
                rv = sec_end_feed(to, from->wire, from->wire_len, c);
                from->wire_len = 0;
            }
            if (rv != 0) {
                return rv;
            }
        }
    }
    return 0;
}
