/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rig.h"

#include <stdlib.h>

#include "mesh/base/mem.h"
#include "p2p/hash.h"

enum { HIGH_WATER = 1 << 20, DOC_STEP = 300000 };

static struct p2p__rng doc_rng;

struct um_str rig_doc(unsigned i)
{
    static char *docs[RIG_DOCS];
    size_t len = (size_t)i * DOC_STEP + 100;

    assert_true(i < RIG_DOCS);
    if (docs[i] == NULL) {
        docs[i] = malloc(len);
        assert_non_null(docs[i]);
        p2p__rng_seed(&doc_rng, i + 1);
        p2p__rng_fill(&doc_rng, docs[i], len);
    }
    return um_str_n(docs[i], len);
}

static struct rig_item *new_item(struct pool *p, enum um_sync_set set)
{
    if (p->n == p->cap) {
        p->cap = p->cap == 0 ? 64 : 2 * p->cap;
        p->items = realloc(p->items, p->cap * sizeof *p->items);
        p->revs = realloc(p->revs, p->cap * sizeof *p->revs);
        assert_non_null(p->items);
        assert_non_null(p->revs);
    }
    p->items[p->n] = (struct rig_item){.set = set, .bytes = UM_BUF_INIT};
    return &p->items[p->n++];
}

static void add_statement(struct pool *p, unsigned by, struct um_statement s)
{
    struct rig_item *it = new_item(p, UM_SYNC_ROSTER);

    s.mesh = p->mesh;
    s.wall_ms = T0 + p->n;
    assert_int_equal(um_statement_seal(&s, p->keys[by], &it->bytes), 0);
    it->id = s.id;
}

static void add_revision(struct pool *p, unsigned by, struct um_revision r)
{
    struct rig_item *it = new_item(p, UM_SYNC_REVISIONS);

    r.wall_ms = T0 + p->n;
    if (r.doc_bytes == 0) {
        r.doc = p->docs[0];
        r.doc_bytes = (uint32_t)rig_doc(0).len;
    }
    assert_int_equal(um_revision_seal(&r, p->keys[by], &it->bytes), 0);
    it->id = r.id;
    r.message = um_str_n(NULL, 0);
    r.first.n = 0;
    p->revs[p->revs_n++] = r;
}

static void add_fact(struct pool *p, unsigned by, const struct um_name *about,
                     enum um_fact_what what)
{
    struct um_fact f = {.mesh = p->mesh, .revision = *about, .what = what};
    struct rig_item *it = new_item(p, UM_SYNC_FACTS); /* moves *about */

    f.wall_ms = T0 + p->n;
    if (what == UM_OPEN)
        f.nodes = (struct um_namelist){&p->names[1], 1};
    assert_int_equal(um_fact_seal(&f, p->keys[by], &it->bytes), 0);
    it->id = f.id;
}

static void begin_pool(struct pool *p)
{
    struct um_revision r1 = {.number = 1};
    struct um_statement g = {
        .what = UM_GENESIS, .roles = UM_ROLES_ALL, .nonce = {1}};
    struct rig_item r1_item;

    add_revision(p, 0, r1);
    r1_item = p->items[0];
    p->n = 0;
    g.first = r1_item.id;
    add_statement(p, 0, g);
    p->mesh = p->items[0].id;
    for (unsigned k = 1; k <= 3; k++)
        add_statement(p, 0,
                      (struct um_statement){.what = UM_GRANT,
                                            .key = p->names[k],
                                            .roles = UM_WRITER | UM_NODE});
    new_item(p, UM_SYNC_REVISIONS);
    p->items[p->n - 1] = r1_item;
}

static void edit(struct pool *p, struct p2p__rng *rng,
                 const struct pool_cfg *cfg)
{
    size_t back = cfg->chain ? 1 : 1 + p2p__rng_below(rng, 4);
    const struct um_revision *parent =
        &p->revs[p->revs_n - (back < p->revs_n ? back : p->revs_n)];
    struct um_revision r = {.mesh = p->mesh,
                            .parents = {parent->id},
                            .parents_n = 1,
                            .number = parent->number + 1};
    char message[1000];
    struct um_name first[UM__CAP_NAMES];

    for (unsigned i = 0; i < UM__CAP_NAMES; i++)
        first[i] = (struct um_name){{(uint8_t)(i >> 8), (uint8_t)i, 1}};
    memset(message, 'x', sizeof message);
    r.message = um_str_n(message, cfg->message);
    if (cfg->first > 0 || (!cfg->chain && p2p__rng_below(rng, 3) == 0)) {
        r.policy = UM_STAGED;
        r.deadline_ms = 600000;
        r.first = (struct um_namelist){first, cfg->first};
    }
    add_revision(p, 1 + (unsigned)p2p__rng_below(rng, 3), r);
}

static void fact(struct pool *p, struct p2p__rng *rng)
{
    const struct um_revision *r = &p->revs[p2p__rng_below(rng, p->revs_n)];

    add_fact(p, 1 + (unsigned)p2p__rng_below(rng, 3), &r->id,
             (enum um_fact_what)(1 + p2p__rng_below(rng, 3)));
}

static void statement(struct pool *p, struct p2p__rng *rng)
{
    struct um_statement s = {.what = UM_SET,
                             .key = p->names[1 + p2p__rng_below(rng, 3)],
                             .name = UM_STR("zone"),
                             .value = UM_STR("west"),
                             .seq = p->n};
    struct um_name keep = p->revs[p2p__rng_below(rng, p->revs_n)].id;
    uint64_t kind = p2p__rng_below(rng, 4);

    if (kind == 0)
        s = (struct um_statement){
            .what = UM_REVOKE, .key = p->names[3], .keep = {&keep, 1}};
    if (kind == 1)
        s = (struct um_statement){
            .what = UM_GRANT,
            .key = p->names[4 + p2p__rng_below(rng, RIG_KEYS - 4)],
            .roles = UM_NODE};
    add_statement(p, 0, s);
}

static const struct pool *sorted; /* for the time of one qsort() */

static int cmp_id(const void *a, const void *b)
{
    return um_name_cmp(&sorted->items[*(const uint32_t *)a].id,
                       &sorted->items[*(const uint32_t *)b].id);
}

void pool_init(struct pool *p, const struct pool_cfg *cfg)
{
    size_t left[3] = {cfg->edits, cfg->facts, cfg->statements};
    struct p2p__rng rng;

    memset(p, 0, sizeof *p);
    p2p__rng_seed(&rng, cfg->seed);
    for (unsigned i = 0; i < RIG_KEYS; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};

        assert_int_equal(p2p_key_from_seed(seed, &p->keys[i]), 0);
        assert_int_equal(um_item_signer(p->keys[i], &p->names[i]), 0);
    }
    for (unsigned i = 0; i < RIG_DOCS; i++)
        p2p_sha256(rig_doc(i).p, rig_doc(i).len, p->docs[i].b);
    begin_pool(p);
    while (left[0] + left[1] + left[2] > 0) {
        uint64_t at = p2p__rng_below(&rng, left[0] + left[1] + left[2]);
        unsigned kind = at < left[0] ? 0 : at < left[0] + left[1] ? 1 : 2;

        left[kind]--;
        if (kind == 0)
            edit(p, &rng, cfg);
        else if (kind == 1)
            fact(p, &rng);
        else
            statement(p, &rng);
    }
    p->by_id = test_malloc(p->n * sizeof *p->by_id);
    for (uint32_t i = 0; i < p->n; i++)
        p->by_id[i] = i;
    sorted = p;
    qsort(p->by_id, p->n, sizeof *p->by_id, cmp_id);
}

void pool_fini(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++)
        um_buf_fini(&p->items[i].bytes);
    for (unsigned i = 0; i < RIG_KEYS; i++)
        p2p_key_free(p->keys[i]);
    free(p->items);
    free(p->revs);
    test_free(p->by_id);
}

size_t pool_find(const struct pool *p, const struct um_name *id)
{
    size_t lo = 0;
    size_t hi = p->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = um_name_cmp(&p->items[p->by_id[mid]].id, id);

        if (c == 0)
            return p->by_id[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return SIZE_MAX;
}

struct um_str rig_row(const struct pool *p, unsigned key, uint64_t seq)
{
    static struct um_buf out;
    struct um_row row = {
        .mesh = p->mesh, .seq = seq, .wall_ms = T0, .name = UM_STR("node")};

    um_buf_fini(&out);
    assert_int_equal(um_row_seal(&row, p->keys[key], &out), 0);
    return um_buf_view(&out);
}

/* ---- nodes */

static int item_of(void *user, enum um_sync_set set, const struct um_name *id,
                   struct um_buf *out)
{
    const struct node *n = user;
    size_t i = pool_find(n->pool, id);

    if (n->store_fails)
        return P2P_EIO;
    if (i == SIZE_MAX || !n->here[i] || n->pool->items[i].set != set)
        return P2P_ENOTFOUND;
    um_buf_str(out, um_buf_view(&n->pool->items[i].bytes));
    return 0;
}

/* The keys of a pool, ascending by name. */
static unsigned key_at(const struct pool *p, size_t i)
{
    unsigned best = 0;

    for (unsigned k = 0; k < RIG_KEYS; k++) {
        size_t below = 0;

        for (unsigned j = 0; j < RIG_KEYS; j++)
            below += um_name_cmp(&p->names[j], &p->names[k]) < 0;
        if (below == i)
            best = k;
    }
    return best;
}

static bool row_at(void *user, size_t i, struct um_name *member, uint64_t *seq)
{
    const struct node *n = user;
    size_t seen = 0;

    for (size_t k = 0; k < RIG_KEYS; k++) {
        unsigned key = key_at(n->pool, k);

        if (n->seqs[key] == 0 || seen++ < i)
            continue;
        *member = n->pool->names[key];
        *seq = n->seqs[key];
        return true;
    }
    return false;
}

static int row_of(void *user, const struct um_name *member, struct um_buf *out)
{
    const struct node *n = user;

    for (unsigned k = 0; k < RIG_KEYS; k++) {
        if (um_name_eq(&n->pool->names[k], member) && n->seqs[k] > 0) {
            um_buf_str(out, rig_row(n->pool, k, n->seqs[k]));
            return 0;
        }
    }
    return P2P_ENOTFOUND;
}

static int document_of(void *user, const struct um_name *hash, uint64_t offset,
                       struct um_buf *out, uint64_t *size)
{
    const struct node *n = user;

    for (unsigned i = 0; i < RIG_DOCS; i++) {
        struct um_str doc = rig_doc(i);

        if (!n->docs[i] || !um_name_eq(&n->pool->docs[i], hash))
            continue;
        if (offset < doc.len)
            um_buf_str(out, um_str_head(um_str_skip(doc, (size_t)offset),
                                        (size_t)*size));
        *size = doc.len;
        return 0;
    }
    return P2P_ENOTFOUND;
}

/* A slot is the member's name and the object's, for those that are documents.
 */
static int slot_of(void *user, const struct um_name *object,
                   const struct um_name *member,
                   uint8_t out[UM_SEALED_SLOT_BYTES])
{
    const struct node *n = user;

    if (!n->docs[1] || !um_name_eq(object, &n->pool->docs[1]))
        return P2P_ENOTFOUND;
    memset(out, 7, UM_SEALED_SLOT_BYTES);
    memcpy(out, member->b, UM_NAME_BYTES);
    return 0;
}

void node_init(struct node *n, const struct pool *p)
{
    static const uint64_t salt[8] = {9, 8, 7, 6, 5, 4, 3, 2};

    memset(n, 0, sizeof *n);
    n->pool = p;
    n->here = test_calloc(p->n, sizeof *n->here);
    um_roster_init(&n->roster, &p->mesh);
    um_history_init(&n->history, salt);
    n->source = (struct um_sync_source){.user = n,
                                        .item = item_of,
                                        .row_at = row_at,
                                        .row = row_of,
                                        .document = document_of,
                                        .slot = slot_of};
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        um_digest_init(&n->digests[i]);
        n->source.digests[i] = &n->digests[i];
    }
}

void node_fini(struct node *n)
{
    um_roster_fini(&n->roster);
    um_history_fini(&n->history);
    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        um_digest_fini(&n->digests[i]);
    test_free(n->here);
}

/* Judges an item like the daemon: signature, form, set. `about` is the key that
 * it grants, or none. */
static int judge(struct node *n, enum um_sync_set set, struct um_str envelope,
                 struct um_need *need, struct um_name *about)
{
    struct um_known known = um_history_known(&n->history);
    struct um_statement s;
    struct um_revision r;
    struct um_fact f;
    int err;

    *about = (struct um_name){{0}};
    if (set == UM_SYNC_ROSTER) {
        err = um_statement_open(envelope, &s);
        if (err == 0 && s.what == UM_GRANT)
            *about = s.key;
        return err != 0 ? err : um_roster_add(&n->roster, &s, &known, need);
    }
    if (set == UM_SYNC_REVISIONS) {
        err = um_revision_open(envelope, &r);
        return err != 0 ? err
                        : um_history_add_revision(&n->history, &n->roster, &r,
                                                  T0, need);
    }
    err = um_fact_open(envelope, &f);
    return err != 0 ? err
                    : um_history_add_fact(&n->history, &n->roster, &f, need);
}

static void have(struct node *n, size_t place)
{
    const struct rig_item *it = &n->pool->items[place];

    n->here[place] = true;
    assert_int_equal(um_digest_add(&n->digests[it->set - 1], &it->id), 0);
}

bool node_give(struct node *n, size_t place)
{
    const struct rig_item *it = &n->pool->items[place];
    struct um_need need;
    struct um_name about;

    if (judge(n, it->set, um_buf_view(&it->bytes), &need, &about) != 0)
        return false;
    have(n, place);
    return true;
}

void node_fill(struct node *n, struct p2p__rng *rng, unsigned per_cent)
{
    for (size_t i = 0; i < n->pool->n; i++) {
        if (p2p__rng_below(rng, 100) < per_cent)
            (void)node_give(n, i);
    }
}

size_t node_count(const struct node *n)
{
    size_t count = 0;

    for (size_t i = 0; i < n->pool->n; i++)
        count += n->here[i];
    return count;
}

static enum um_sync_verdict judge_row(struct node *n,
                                      const struct um_sync_ev *ev)
{
    struct um_row row;

    if (um_row_open(ev->envelope, &row) != 0)
        return UM_SYNC_REFUSED;
    n->rows++;
    for (unsigned k = 0; k < RIG_KEYS; k++) {
        if (um_name_eq(&row.by, &n->pool->names[k]) && row.seq > n->seqs[k]) {
            n->seqs[k] = row.seq;
            return UM_SYNC_TAKEN;
        }
    }
    return UM_SYNC_HAD;
}

void node_judge(struct node *n, struct um_sync *s, const struct um_sync_ev *ev)
{
    struct um_need need;
    struct um_name about;
    struct um_name id = ev->id;
    int err;

    if (ev->what == UM_SYNC_EV_ROW) {
        um_sync_judged(s, judge_row(n, ev), NULL);
        return;
    }
    n->judged += !ev->again;
    err = judge(n, ev->set, ev->envelope, &need, &about);
    if (err == P2P_EAGAIN) {
        n->waited++;
        um_sync_judged(s, UM_SYNC_WAITS, &need);
    } else if (err == P2P_EDUP) {
        n->dups++;
        um_sync_judged(s, UM_SYNC_HAD, NULL);
    } else if (err != 0) {
        um_sync_judged(s, UM_SYNC_REFUSED, NULL);
    } else {
        size_t place = pool_find(n->pool, &id);

        um_sync_judged(s, UM_SYNC_TAKEN, NULL);
        if (place != SIZE_MAX)
            have(n, place);
        um_sync_known(s, &id);
        if (!um_name_none(&about))
            um_sync_known(s, &about);
    }
}

/* ---- ends and pipes */

void end_init(struct end *e, struct node *n, uint64_t now)
{
    const struct um_sync_cfg cfg = {.source = &n->source,
                                    .mesh = n->pool->mesh,
                                    .peer = n->pool->names[2],
                                    .sparing = n->sparing};

    memset(e, 0, sizeof *e);
    e->node = n;
    um_sync_init(&e->sync, &cfg, now);
}

void end_fini(struct end *e)
{
    um_sync_fini(&e->sync);
    um_buf_fini(&e->out);
}

static void on_event(struct end *e, const struct um_sync_ev *ev)
{
    switch (ev->what) {
        case UM_SYNC_EV_ITEM:
        case UM_SYNC_EV_ROW:
            node_judge(e->node, &e->sync, ev);
            break;
        case UM_SYNC_EV_DOCUMENT:
            e->documents++;
            e->download = ev->download;
            break;
        case UM_SYNC_EV_SLOT:
            e->slots++;
            e->slot_here = ev->slot != NULL;
            break;
        case UM_SYNC_EV_DONE:
            e->done++;
            break;
        case UM_SYNC_EV_QUIET:
            e->quiet++;
            break;
        default:
            assert_int_equal(e->why, UM_SYNC_FINE);
            e->why = ev->why;
            break;
    }
}

static void pull_events(struct end *e)
{
    struct um_sync_ev ev;

    while (um_sync_next(&e->sync, &ev))
        on_event(e, &ev);
}

void end_rx(struct end *e, struct um_str in, struct chunker *chunker,
            uint64_t now)
{
    while (in.len > 0) {
        struct um_str piece = um_str_head(in, chunker_next(chunker, in.len));
        char *copy = test_malloc(piece.len); /* so that ASan sees who is late */
        struct um_str left = {copy, piece.len};

        memcpy(copy, piece.p, piece.len);
        in = um_str_skip(in, piece.len);
        while (left.len > 0) {
            um_sync_rx(&e->sync, &left, now);
            pull_events(e);
        }
        test_free(copy);
    }
}

void end_hear(struct end *e, const struct um_sync_msg *m)
{
    struct chunker c;

    chunker_init(&c, CHUNK_ALL, 1);
    end_rx(e, rig_frame(m), &c, e->sync.now_ms);
}

void end_tx(struct end *e, uint64_t now)
{
    size_t before = e->out.len;

    pull_events(e);
    while (e->out.len < HIGH_WATER && um_sync_tx(&e->sync, &e->out, now) == 1)
        pull_events(e);
    pull_events(e);
    e->sent += e->out.len - before;
}

bool end_said(struct end *e, struct um_sync_msg *m)
{
    static struct um_buf frame;
    struct um_str view = um_buf_view(&e->out);
    uint64_t len;

    if (view.len == 0)
        return false;
    assert_true(um_pb_take_varint(&view, &len) && len <= view.len);
    um_buf_clear(&frame);
    um_buf_add(&frame, view.p, (size_t)len);
    um_buf_consume(&e->out, (size_t)(view.p - e->out.p) + (size_t)len);
    if (um_sync_read(um_buf_view(&frame), m) != 0)
        assert_int_equal(m->what, 0);
    return true;
}

bool end_says(struct end *e, enum um_sync_what what, struct um_sync_msg *m)
{
    end_tx(e, e->sync.now_ms);
    while (end_said(e, m)) {
        if (m->what == what)
            return true;
    }
    return false;
}

void pipe_init(struct pipe *p, struct node *a, struct node *b)
{
    memset(p, 0, sizeof *p);
    p->now = 1000;
    p->cut_after = SIZE_MAX;
    chunker_init(&p->chunker, CHUNK_ALL, 1);
    end_init(&p->ends[0], a, p->now);
    end_init(&p->ends[1], b, p->now);
}

void pipe_fini(struct pipe *p)
{
    end_fini(&p->ends[0]);
    end_fini(&p->ends[1]);
}

/* Hands over what is on the way to one end; false: it was cut. */
static bool deliver(struct pipe *p, struct um_buf *from, struct end *to)
{
    struct um_str in = um_buf_view(from);
    bool whole = in.len <= p->cut_after;

    in = um_str_head(in, !whole && p->loses ? 0 : p->cut_after);
    if (p->cut_after != SIZE_MAX)
        p->cut_after -= in.len;
    end_rx(to, in, &p->chunker, p->now);
    um_buf_fini(from);
    return whole;
}

void pipe_run(struct pipe *p)
{
    bool going = true;

    while (going) {
        struct um_buf out[2];

        for (unsigned i = 0; i < 2; i++) {
            end_tx(&p->ends[i], p->now);
            out[i] = p->ends[i].out;
            um_buf_init(&p->ends[i].out);
        }
        going = out[0].len + out[1].len > 0;
        p->trips += going;
        p->now++;
        for (unsigned i = 0; i < 2; i++)
            going = deliver(p, &out[i], &p->ends[1 - i]) && going;
    }
}

struct um_str rig_frame(const struct um_sync_msg *m)
{
    static struct um_buf out;

    um_buf_fini(&out);
    um_sync_write(&out, m);
    assert_false(um_buf_failed(&out));
    return um_buf_view(&out);
}
