/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bytes as the life of one session of a node that has items, rows and
 * documents: frames that are made of a few bytes and refer to what is there,
 * raw bytes, verdicts, calls, time. What must hold: what is open has its bound,
 * and nothing is held in the end.
 */
#include <stdlib.h>

#include "mesh/sync/session.h"
#include "p2p/err.h"
#include "p2p/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEMS = 24, NAMES = 64, DOC = 300000, SMALL_DOC = 3000 };

/* Longer inputs ask for the same again. */
#define INPUT_MAX 400

struct run {
    const uint8_t *in;
    size_t left;
    uint64_t now;
    struct um_digest digests[UM_SYNC_SETS];
    struct um_sync_source source;
    struct um_sync s;
    struct um_download d;
    struct um_buf out;
    bool fetching;
};

static void need(bool fine)
{
    if (!fine)
        abort();
}

static uint8_t take(struct run *r)
{
    if (r->left == 0)
        return 0;
    r->left--;
    return *r->in++;
}

/* The n-th item: an envelope in form, whose payload is "item n" padded. */
static void envelope(unsigned n, enum um_sync_set set, struct um_buf *out)
{
    static const char *const types[] = {"", "/unitmesh/roster",
                                        "/unitmesh/revision", "/unitmesh/fact"};
    char payload[40] = {'i', (char)n, (char)set};
    char rest[64] = {1};

    um_pb_put_bytes(out, 1, rest, 36);
    um_pb_put_str(out, 2, um_str(types[set]));
    um_pb_put_bytes(out, 3, payload, sizeof payload);
    um_pb_put_bytes(out, 5, rest, sizeof rest);
}

/* Its name; each is hashed once. */
static struct um_name id_of(unsigned n, enum um_sync_set set)
{
    static struct um_name ids[UM_SYNC_SETS][NAMES];
    struct um_name *id = &ids[set - 1][n];
    char payload[40] = {'i', (char)n, (char)set};

    if (um_name_none(id))
        p2p_sha256(payload, sizeof payload, id->b);
    return *id;
}

static int item(void *user, enum um_sync_set set, const struct um_name *id,
                struct um_buf *out)
{
    const struct run *r = user;

    for (unsigned n = 0; n < NAMES; n++) {
        struct um_name mine = id_of(n, set);

        if (um_name_eq(&mine, id) && um_digest_has(&r->digests[set - 1], id)) {
            envelope(n, set, out);
            return 0;
        }
    }
    return P2P_ENOTFOUND;
}

static bool row_at(void *user, size_t i, struct um_name *member, uint64_t *seq)
{
    (void)user;
    memset(member->b, (int)i + 1, sizeof member->b);
    *seq = i + 1;
    return i < 3;
}

static int row(void *user, const struct um_name *member, struct um_buf *out)
{
    (void)user;
    if (member->b[0] == 2)
        return P2P_ENOTFOUND;
    um_buf_fill(out, 'r', 200);
    return 0;
}

static int document(void *user, const struct um_name *hash, uint64_t offset,
                    struct um_buf *out, uint64_t *size)
{
    const uint64_t all = hash->b[1] == 0 ? DOC : SMALL_DOC;
    size_t n;

    (void)user;
    if (hash->b[0] % 2 == 0)
        return P2P_ENOTFOUND;
    n = offset < all ? (size_t)(all - offset) : 0;
    um_buf_fill(out, 'd', n < *size ? n : (size_t)*size);
    *size = all;
    return 0;
}

/* A name: of an item that is here, of one that might come, or any. */
static struct um_name some_name(struct run *r, enum um_sync_set set)
{
    uint8_t how = take(r);
    struct um_name n;

    if (how < 128)
        return id_of(how % NAMES, set);
    memset(n.b, how, sizeof n.b);
    return n;
}

static struct um_sync_msg hello(struct run *r)
{
    struct um_sync_msg m = {
        .what = UM_SYNC_HELLO, .version = 1, .mesh = r->s.mesh};
    uint8_t how = take(r);

    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        m.roots[i] = um_digest_root(&r->digests[i]);
        if ((how >> i & 1) != 0)
            m.roots[i].b[3] ^= 1;
    }
    return m;
}

/* The messages with names, and with envelopes. */
static void with_names(struct run *r, struct um_sync_msg *m, struct um_buf *run)
{
    static struct um_name names[256];
    size_t n = m->what == UM_SYNC_BUCKETS_ARE ? 256 : take(r) % 32U;

    for (size_t i = 0; i < n; i++)
        names[i] = some_name(r, m->set);
    if (m->what == UM_SYNC_BUCKETS_ARE) {
        memcpy(names, um_digest_buckets(&r->digests[m->set - 1]), sizeof names);
        names[take(r)].b[1] ^= 1;
    }
    m->names = (struct um_namelist){names, n};
    if (m->what == UM_SYNC_IDS)
        m->more = n > 0 && take(r) % 4 == 0;
    if (m->what != UM_SYNC_ITEMS)
        return;
    for (size_t i = take(r) % 16U; i > 0; i--) {
        struct um_buf e = UM_BUF_INIT;

        envelope(take(r) % NAMES, m->set, &e);
        um_pb_put_str(run, um_sync_envelope_field(UM_SYNC_ITEMS),
                      um_buf_view(&e));
        um_buf_fini(&e);
    }
    m->envelopes = um_buf_view(run);
}

/* A message of a few bytes; what it borrows is static or `run`. */
static struct um_sync_msg message(struct run *r, struct um_buf *run)
{
    static char part[UM__CAP_SYNC_PART_BYTES];
    static char buckets[256];
    struct um_sync_msg m = {
        .what = (enum um_sync_what)(take(r) % UM_SYNC_SORRY + 1)};
    uint8_t how = take(r);

    if (m.what == UM_SYNC_HELLO)
        return hello(r);
    if (m.what <= UM_SYNC_ITEMS)
        m.set = (enum um_sync_set)(how % UM_SYNC_SETS + 1);
    if (m.what == UM_SYNC_IDS_WANT) {
        for (unsigned i = 0; i < 256; i++)
            buckets[i] = (char)(uint8_t)i;
        m.buckets = um_str_n(buckets, 1U + how);
    } else if (m.what == UM_SYNC_ROWS) {
        um_pb_put_str(run, um_sync_envelope_field(UM_SYNC_ROWS),
                      um_str_n(part, 1U + how));
        m.envelopes = um_buf_view(run);
    } else if (m.what <= UM_SYNC_ITEMS && m.what != UM_SYNC_BUCKETS_WANT) {
        with_names(r, &m, run);
    } else if (m.what >= UM_SYNC_DOC_WANT && m.what <= UM_SYNC_SLOT) {
        m.hash = r->d.hash;
        m.hash.b[0] ^= how & 1;
        if (m.what == UM_SYNC_DOC_WANT)
            m.hash.b[1] = how & 14; /* mostly of a small one */
    }
    if (m.what == UM_SYNC_DOC || m.what == UM_SYNC_DOC_WANT)
        m.offset = (uint64_t)(how >> 4) * UM__CAP_SYNC_PART_BYTES;
    if (m.what == UM_SYNC_DOC && (how & 2) != 0) {
        m.size = m.offset + (how & 4 ? DOC : 1000);
        m.bytes = um_str_n(part, m.size - m.offset < sizeof part
                                     ? (size_t)(m.size - m.offset)
                                     : sizeof part);
    }
    if (m.what == UM_SYNC_SLOT)
        m.bytes = um_str_n(part, how & 2 ? UM_SEALED_SLOT_BYTES : 0);
    if (m.what == UM_SYNC_SORRY)
        m.number = 1U + how % 14U;
    return m;
}

static void on_item(struct run *r, const struct um_sync_ev *ev)
{
    struct um_need n = {(enum um_need_what)(1 + take(r) % 4),
                        some_name(r, ev->set)};
    struct um_name id = ev->id;

    switch (take(r) % 8) {
        case 0:
            um_sync_judged(&r->s, UM_SYNC_HAD, NULL);
            break;
        case 1:
        case 2:
            um_sync_judged(&r->s, UM_SYNC_WAITS, &n);
            break;
        case 3:
            um_sync_judged(&r->s, UM_SYNC_REFUSED, NULL);
            break;
        default:
            um_sync_judged(&r->s, UM_SYNC_TAKEN, NULL);
            (void)um_digest_add(&r->digests[ev->set - 1], &id);
            um_sync_known(&r->s, &id);
            break;
    }
}

static void events(struct run *r)
{
    struct um_sync_ev ev;

    while (um_sync_next(&r->s, &ev)) {
        if (ev.what == UM_SYNC_EV_ITEM)
            on_item(r, &ev);
        else if (ev.what == UM_SYNC_EV_ROW)
            um_sync_judged(&r->s, UM_SYNC_HAD, NULL);
        else if (ev.what == UM_SYNC_EV_DOCUMENT)
            r->fetching = false;
    }
    need(r->s.requests_n <= UM__CAP_SYNC_REQUESTS);
    need(r->s.asks_n <= UM__CAP_SYNC_REQUESTS);
    need(r->s.waiting.n <= UM__CAP_SYNC_WAITING);
}

static void hear(struct run *r, struct um_str in)
{
    size_t least = 1 + in.len / 16; /* so that long ones take no time */

    while (in.len > 0) {
        struct um_str piece = um_str_head(in, least + take(r) * 5U);
        char *copy = malloc(piece.len);
        struct um_str left = {copy, piece.len};

        need(copy != NULL);
        memcpy(copy, piece.p, piece.len);
        in = um_str_skip(in, piece.len);
        while (left.len > 0) {
            um_sync_rx(&r->s, &left, r->now);
            events(r);
        }
        free(copy);
    }
}

static void speak(struct run *r, unsigned most)
{
    events(r);
    for (; most > 0 && um_sync_tx(&r->s, &r->out, r->now) == 1; most--) {
        struct um_str frame = um_buf_view(&r->out);
        struct um_sync_msg m;
        uint64_t len;

        /* What it says, it would understand. */
        need(um_pb_take_varint(&frame, &len) && len == frame.len);
        need(len <= UM__CAP_SYNC_FRAME_BYTES);
        need(um_sync_read(frame, &m) == 0);
        um_buf_clear(&r->out);
        events(r);
    }
}

static void call(struct run *r)
{
    struct um_name name = some_name(r, UM_SYNC_REVISIONS);
    uint8_t how = take(r);

    if (how % 4 == 0)
        um_sync_begin(&r->s);
    else if (how % 4 == 1)
        (void)um_sync_want(&r->s, (enum um_sync_set)(1 + how / 4 % 3),
                           (struct um_namelist){&name, 1});
    else if (how % 4 == 2)
        (void)um_sync_want_slot(&r->s, &r->d.hash);
    else if (!r->fetching)
        r->fetching = um_sync_fetch(&r->s, &r->d) == 0;
}

static void step(struct run *r)
{
    struct um_buf run = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_sync_msg m;
    size_t n;

    switch (take(r) % 8) {
        case 0:
            speak(r, 1 + take(r) % 8U);
            break;
        case 1:
            call(r);
            break;
        case 2:
            r->now += (uint64_t)take(r) * 400;
            um_sync_expire(&r->s, r->now);
            break;
        case 3:
            n = take(r);
            n = n < r->left ? n : r->left;
            r->in += n;
            r->left -= n;
            hear(r, um_str_n((const char *)r->in - n, n));
            break;
        default:
            m = message(r, &run);
            if (m.what == UM_SYNC_ITEMS && m.envelopes.len == 0 &&
                m.names.n == 0)
                break;
            um_sync_write(&frame, &m);
            hear(r, um_buf_view(&frame));
            break;
    }
    events(r);
    um_buf_fini(&run);
    um_buf_fini(&frame);
}

static void begin(struct run *r)
{
    struct um_sync_cfg cfg = {
        .source = &r->source, .mesh = {{1}}, .peer = {{2}}};
    struct um_name hash = {{3}};

    r->source = (struct um_sync_source){.user = r,
                                        .item = item,
                                        .row_at = row_at,
                                        .row = row,
                                        .document = document};
    for (unsigned set = 1; set <= UM_SYNC_SETS; set++) {
        um_digest_init(&r->digests[set - 1]);
        r->source.digests[set - 1] = &r->digests[set - 1];
        for (unsigned n = 0; n < ITEMS; n++) {
            struct um_name id = id_of(n, set);

            need(um_digest_add(&r->digests[set - 1], &id) == 0);
        }
    }
    um_download_init(&r->d, &hash, 0, DOC);
    um_sync_init(&r->s, &cfg, r->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *r = calloc(1, sizeof *r);

    need(r != NULL);
    r->in = data;
    r->left = size < INPUT_MAX ? size : INPUT_MAX;
    r->now = 1000;
    begin(r);
    while (r->left > 0 && !um_sync_over(&r->s))
        step(r);
    speak(r, 100);
    um_sync_fini(&r->s);
    um_download_fini(&r->d);
    um_buf_fini(&r->out);
    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        um_digest_fini(&r->digests[i]);
    free(r);
    return 0;
}
