/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "small_mesh.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/model/own.h"
#include "mesh/store/aside.h"
#include "mesh/store/documents.h"
#include "mesh/store/rows.h"
#include "mesh/store/self.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/row.h"
#include "mesh/trust/statement.h"
#include "p2p/envelope.h"
#include "p2p/hash.h"

#define T0 UINT64_C(1764000000000)

/* Keys, by seed. */
enum { OWNER = 1, WRITER, NODE, RECOVERY, STRANGER, KEYS };

/* Items, in the order in which they were accepted. */
enum { GENESIS, R1, GRANT1, GRANT2, R2, R3, CONFIRM, R4, MORE, ITEMS };

static const char *const texts[] = {
    [SMALL_WELL] = "well",
    [SMALL_SIGNATURE] = "signature",
    [SMALL_FORGED] = "forged",
    [SMALL_ORDER] = "order",
    [SMALL_STRANGER] = "stranger",
    [SMALL_NUMBER] = "number",
    [SMALL_ABROAD] = "abroad",
    [SMALL_GAP] = "gap",
    [SMALL_ROW_SUM] = "row-sum",
    [SMALL_LENGTH] = "length",
    [SMALL_BYTES] = "bytes",
    [SMALL_ROW] = "row",
    [SMALL_ROW_SIGNATURE] = "row-signature",
    [SMALL_ROW_ABROAD] = "row-abroad",
    [SMALL_ROW_SEQ] = "row-seq",
    [SMALL_ASIDE] = "aside",
    [SMALL_OWN] = "own",
    [SMALL_SHOWN] = "shown",
    [SMALL_NO_MESH] = "no-mesh",
    [SMALL_EMPTY] = "empty",
};

static const struct um_str docs[] = {
    UM_STR_INIT("{}"),
    UM_STR_INIT("{\"routes\":[]}"),
    UM_STR_INIT("{\"applications\":{}}"),
};

struct item {
    enum um_kind kind;
    struct um_name id;
    struct um_buf envelope;
};

/* A mesh that is being made. */
struct making {
    enum small_flaw flaw;
    struct um_store *s;
    struct p2p_key *keys[KEYS];
    struct um_name names[KEYS];
    struct um_name mesh;
    struct item items[ITEMS];
};

const char *small_flaw_text(enum small_flaw flaw)
{
    return texts[flaw];
}

/* Ends the program at the first error. */
static void must(int err)
{
    if (err == 0)
        return;
    (void)fprintf(stderr, "cannot make a small mesh: %d\n", err);
    exit(1);
}

static void make_keys(struct making *m)
{
    for (unsigned i = 1; i < KEYS; i++) {
        uint8_t seed[32] = {(uint8_t)i};

        must(p2p_key_from_seed(seed, &m->keys[i]));
        must(um_item_signer(m->keys[i], &m->names[i]));
    }
}

static struct um_name doc_hash(size_t doc)
{
    struct um_name hash;

    p2p_sha256(docs[doc].p, docs[doc].len, hash.b);
    return hash;
}

/* Signs a revision of a document on another one, as a key. */
static void revise(struct making *m, unsigned at, unsigned parent, size_t doc,
                   struct um_revision r)
{
    struct item *it = &m->items[at];
    unsigned by = at == R1 ? OWNER : WRITER;

    if (at == MORE && m->flaw == SMALL_STRANGER)
        by = STRANGER;
    if (at != R1) {
        r.mesh = m->mesh;
        r.parents[0] = m->items[parent].id;
        r.parents_n = 1;
    }
    r.wall_ms = T0 + at;
    r.doc = doc_hash(doc);
    r.doc_bytes += (uint32_t)docs[doc].len;
    it->kind = UM_REVISION;
    must(um_revision_seal(&r, m->keys[by], &it->envelope));
    it->id = r.id;
}

static void state(struct making *m, unsigned at, struct um_statement s)
{
    struct item *it = &m->items[at];

    s.mesh = m->mesh;
    s.wall_ms = T0 + at;
    it->kind = UM_STATEMENT;
    must(um_statement_seal(&s, m->keys[OWNER], &it->envelope));
    it->id = s.id;
}

static void grant(struct making *m, unsigned at, unsigned key, uint8_t roles)
{
    struct um_statement s = {
        .what = UM_GRANT, .key = m->names[key], .roles = roles};

    state(m, at, s);
}

static void confirm(struct making *m, unsigned at, unsigned revision)
{
    struct item *it = &m->items[at];
    struct um_fact f = {.mesh = m->mesh,
                        .revision = m->items[revision].id,
                        .wall_ms = T0 + at,
                        .what = UM_CONFIRM};

    if (m->flaw == SMALL_ABROAD)
        f.mesh = m->names[NODE];
    it->kind = UM_FACT;
    must(um_fact_seal(&f, m->keys[WRITER], &it->envelope));
    it->id = f.id;
}

/* Signs a revision's payload by a key that it does not name, in `version`. */
static void sign_anew(struct making *m, struct item *it, unsigned by,
                      char version)
{
    static const struct p2p_envelope_kind kind = {"unitmesh-revision",
                                                  "/unitmesh/revision", 18};
    struct um_str was =
        um_item_payload(um_buf_view(&it->envelope), UM_REVISION);
    char payload[1024];
    uint8_t out[2048];
    int n;

    memcpy(payload, was.p, was.len);
    payload[1] = version;
    n = p2p_envelope_seal(m->keys[by], &kind, (const uint8_t *)payload, was.len,
                          out, sizeof out);
    must(n > 0 ? 0 : n);
    p2p_sha256(payload, was.len, it->id.b);
    um_buf_clear(&it->envelope);
    um_buf_add(&it->envelope, out, (size_t)n);
}

static void flip_last(struct um_buf *b)
{
    b->p[b->len - 1] = (char)(b->p[b->len - 1] ^ 1);
}

static void make_items(struct making *m)
{
    struct um_revision plain = {.number = 1};
    struct um_revision staged = {.number = 3,
                                 .policy = UM_STAGED,
                                 .deadline_ms = 600000,
                                 .soak_ms = 1000,
                                 .budget = 1,
                                 .first = {&m->names[NODE], 1}};
    struct um_statement genesis = {.what = UM_GENESIS,
                                   .key = m->names[RECOVERY],
                                   .roles = UM_ROLES_ALL,
                                   .nonce = {1}};

    revise(m, R1, R1, 0, plain);
    genesis.first = m->items[R1].id;
    state(m, GENESIS, genesis);
    m->mesh = m->items[GENESIS].id;
    grant(m, GRANT1, WRITER, UM_WRITER | UM_NODE);
    grant(m, GRANT2, NODE, UM_NODE);
    plain.number = 2;
    revise(m, R2, R1, 1, plain);
    revise(m, R3, R2, 2, staged);
    confirm(m, CONFIRM, R3);
    plain.number = 4;
    plain.doc_bytes = m->flaw == SMALL_LENGTH;
    revise(m, R4, R3, 1, plain);
    plain.doc_bytes = 0;
    plain.number = m->flaw == SMALL_NUMBER ? 9 : 5;
    revise(m, MORE, R4, 0, plain);
    if (m->flaw == SMALL_SIGNATURE)
        flip_last(&m->items[R2].envelope);
    if (m->flaw == SMALL_FORGED)
        sign_anew(m, &m->items[R2], STRANGER, 1);
}

static struct um_stored stored(const struct item *it)
{
    return (struct um_stored){.seen_ms = T0,
                              .id = it->id,
                              .kind = it->kind,
                              .envelope = um_buf_view(&it->envelope)};
}

static void add_items(struct making *m)
{
    unsigned order[ITEMS];

    for (unsigned i = 0; i < ITEMS; i++)
        order[i] = i;
    if (m->flaw == SMALL_ORDER) {
        order[R3] = R4;
        order[R4] = R3;
    }
    for (unsigned i = 0; i < ITEMS; i++) {
        struct um_stored item = stored(&m->items[order[i]]);

        must(um_items_add(m->s, &item));
    }
}

/* Of a revision of a later version; the document of r3 is not here. */
static void add_others(struct making *m)
{
    struct um_stored item;

    for (size_t i = 0; i < 2; i++) {
        struct um_name hash = doc_hash(i);

        must(um_documents_add(m->s, &hash, docs[i]));
    }
    sign_anew(m, &m->items[R4], WRITER, 2);
    if (m->flaw == SMALL_ASIDE)
        flip_last(&m->items[R4].envelope);
    item = stored(&m->items[R4]);
    must(um_aside_add(m->s, &item));
}

static void add_row(struct making *m, unsigned by, bool flaws)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_row row = {.mesh = m->mesh, .seq = 8 * T0, .wall_ms = T0};
    struct um_kept_row kept = {
        .member = m->names[by], .seq = row.seq, .seen_ms = T0};

    if (flaws && m->flaw == SMALL_ROW_ABROAD)
        row.mesh = m->names[NODE];
    must(um_row_seal(&row, m->keys[by], &b));
    if (flaws && m->flaw == SMALL_ROW_SIGNATURE)
        flip_last(&b);
    if (flaws && m->flaw == SMALL_ROW)
        kept.member = m->names[STRANGER];
    kept.seq += flaws && m->flaw == SMALL_ROW_SEQ;
    kept.envelope = um_buf_view(&b);
    must(um_rows_put(m->s, &kept));
    um_buf_fini(&b);
}

static void add_self(struct making *m)
{
    struct um_self self = {.mesh = m->mesh, .salt = {1, 2, 3}};
    struct um_own own = {.applied = m->items[R4].id, .row_seq = 8 * T0};
    struct um_buf b = UM_BUF_INIT;

    if (m->flaw != SMALL_NO_MESH)
        must(um_self_put(m->s, &self));
    um_own_write(&own, &b);
    if (m->flaw == SMALL_OWN)
        b.len--;
    must(um_self_own_put(m->s, um_buf_view(&b)));
    must(um_self_shown_put(m->s, &m->items[R4].id, docs[1]));
    um_buf_fini(&b);
}

/* Changes a row behind the store's back. */
static void change(struct making *m, enum small_flaw flaw, const char *sql)
{
    if (m->flaw == flaw)
        must(sqlite3_exec(m->s->db, sql, NULL, NULL, NULL));
}

void small_mesh_write(struct um_store *s, enum small_flaw flaw)
{
    struct making m = {.flaw = flaw, .s = s};

    if (flaw == SMALL_EMPTY)
        return;
    make_keys(&m);
    make_items(&m);
    must(um_store_begin(s));
    add_self(&m);
    add_items(&m);
    add_others(&m);
    add_row(&m, OWNER, false);
    add_row(&m, WRITER, true);
    must(um_store_commit(s));
    change(&m, SMALL_GAP, "DELETE FROM items WHERE place = 4");
    change(&m, SMALL_ROW_SUM,
           "UPDATE items SET seen_ms = seen_ms + 1 WHERE place = 4");
    change(&m, SMALL_SHOWN, "UPDATE shown SET sum = sum + 1");
    change(&m, SMALL_BYTES,
           "UPDATE documents SET bytes = CAST('{\"routes\":{}}' AS BLOB)"
           " WHERE size = 13");
    for (unsigned i = 1; i < KEYS; i++)
        p2p_key_free(m.keys[i]);
    for (unsigned i = 0; i < ITEMS; i++)
        um_buf_fini(&m.items[i].envelope);
}
