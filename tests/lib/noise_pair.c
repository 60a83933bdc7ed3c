/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See noise_pair.h. The heap is the C library's: what the channels take from
 * theirs is to be seen apart. */
#include "noise_pair.h"

#include <stdlib.h>

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct noise_end *e = P2P__CONTAINER(src, struct noise_end, src);
    size_t n = p2p__min(e->app_len, cap);

    (void)now;
    if (n > 0) {
        memcpy(dst, e->app, n);
        e->app += n;
        e->app_len -= n;
    }
    return (int)n;
}

static int end_init(struct noise_pair *p, int which)
{
    struct noise_end *e = &p->ends[which];
    uint8_t seed[32] = {(uint8_t)(which + 1)};
    const uint8_t *pb;
    size_t len;
    int rv;

    test_env_init(&e->env, (uint64_t)which);
    p2p__quota_init(&e->quota, NULL, "conn");
    e->src.pull = pull;
    e->wire = malloc(NOISE_PAIR_WIRE);
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
    return p2p__noise_id_new(p->crypto, &e->env.env, e->key, &e->id);
}

int noise_pair_init(struct noise_pair *p)
{
    int rv;

    *p = (struct noise_pair){0};
    rv = p2p__crypto_new(&p->crypto);
    for (int i = 0; i < 2 && rv == 0; i++) {
        rv = end_init(p, i);
    }
    if (rv != 0) {
        noise_pair_fini(p);
    }
    return rv;
}

void noise_pair_fini(struct noise_pair *p)
{
    for (int i = 0; i < 2; i++) {
        struct noise_end *e = &p->ends[i];

        p2p__noise_fini(&e->n);
        p2p__quota_fini(&e->quota);
        p2p__noise_id_free(e->id);
        p2p_key_free(e->key);
        free(e->wire);
        free(e->got);
    }
    p2p__crypto_free(p->crypto);
}

struct p2p__sec_cfg noise_pair_cfg(struct noise_pair *p, int end)
{
    return (struct p2p__sec_cfg){
        .dialer = end == 0,
        .crypto = p->crypto,
        .id = p->ends[end].id,
        .quota = &p->ends[end].quota,
        .env = &p->ends[end].env.env,
    };
}

int noise_end_start(struct noise_end *e, const struct p2p__sec_cfg *cfg)
{
    return p2p__noise_init(&e->n, cfg, 0);
}

int noise_pair_start(struct noise_pair *p)
{
    int rv = 0;

    for (int i = 0; i < 2 && rv == 0; i++) {
        struct p2p__sec_cfg cfg = noise_pair_cfg(p, i);

        rv = noise_end_start(&p->ends[i], &cfg);
    }
    return rv;
}

static void handle_events(struct noise_end *e)
{
    struct p2p__sec_ev ev;

    while (p2p__noise_next(&e->n, &ev)) {
        assert(!e->established && ev.pubkey.len <= sizeof e->pubkey);
        e->established = true;
        e->pubkey_len = ev.pubkey.len;
        memcpy(e->pubkey, ev.pubkey.p, ev.pubkey.len);
        e->ev = ev;
        e->ev.pubkey = (struct p2p__slice){0};
    }
}

int noise_end_draw(struct noise_end *e, size_t room)
{
    struct p2p__outbuf out;
    int rv;

    do {
        size_t left = NOISE_PAIR_WIRE - e->wire_len;

        out =
            (struct p2p__outbuf){.p = e->wire + e->wire_len,
                                 .cap = room > 0 ? p2p__min(room, left) : left};
        rv = p2p__noise_tx(&e->n, &e->src, &out, 0);
        e->wire_len += out.len;
        handle_events(e);
    } while (rv == 0 && out.len > 0);
    return rv;
}

static int take_up(struct noise_end *e, const struct p2p__slice *up)
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

static int feed_piece(struct noise_end *e, uint8_t *p, size_t len)
{
    struct p2p__slice in = p2p__slice_of(p, len), up;
    int rv;

    do {
        size_t before = in.len;

        rv = p2p__noise_rx(&e->n, &in, &up, 0);
        if (rv != 0) {
            return rv;
        }
        handle_events(e);
        rv = take_up(e, &up);
        assert(in.len < before || before == 0);
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    return rv;
}

int noise_end_feed(struct noise_end *e, const uint8_t *bytes, size_t len,
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

int noise_pair_run(struct noise_pair *p, struct chunker *c)
{
    bool busy = true;

    while (busy) {
        busy = false;
        for (int i = 0; i < 2; i++) {
            struct noise_end *from = &p->ends[i], *to = &p->ends[1 - i];
            int rv = noise_end_draw(from, 0);

            if (rv == 0 && from->wire_len > 0) {
                busy = true;
                rv = noise_end_feed(to, from->wire, from->wire_len, c);
                from->wire_len = 0;
            }
            if (rv != 0) {
                return rv;
            }
        }
    }
    return 0;
}
