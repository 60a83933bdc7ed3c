/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Both sides of the join protocol against each other, and each against one that
 * means harm. Keys: 0 root, 1 owner, 2 the inviter's node, 3 the joiner.
 */
#include "chunker.h"
#include "mesh/sync/inviter.h"
#include "mesh/sync/joiner.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "unit.h"

#define T0 UINT64_C(1764000000000)

enum { ROOT, OWNER, INVITER, JOINER, OTHER, WAITING_MAX = 80 };

/* A node at whose door one asks. */
struct door {
    struct mesh_maker m;
    struct um_roster roster;
    struct um_code code;
    struct um_invite invite;
    struct um_name waiting[WAITING_MAX];
    size_t waiting_n;
    struct um_inviter_node node;
    struct um_door door;
    unsigned signer;   /* who signs a GRANT */
    unsigned counted;  /* uses that were written down */
    unsigned put_down; /* keys that were */
    int sign_err;
};

/* Takes a statement into the roster. */
static void take(struct door *d, struct um_str envelope)
{
    mesh_maker_take(&d->m, envelope);
    assert_int_equal(mesh_maker_add(&d->roster, envelope), 0);
}

static void sign(struct door *d, unsigned by, struct um_statement s,
                 struct um_buf *out)
{
    mesh_maker_sign(&d->m, by, s, out);
}

static void say(struct door *d, unsigned by, struct um_statement s)
{
    struct um_buf out = UM_BUF_INIT;

    sign(d, by, s, &out);
    take(d, um_buf_view(&out));
    um_buf_fini(&out);
}

static bool invite_of(void *user, const uint8_t id[8], struct um_invite *out)
{
    const struct door *d = user;

    if (memcmp(id, d->invite.id, 8) != 0)
        return false;
    *out = d->invite;
    return true;
}

static int statement_of(void *user, const struct um_name *id,
                        struct um_buf *out)
{
    const struct door *d = user;
    struct um_str envelope = mesh_maker_find(&d->m, id);

    um_buf_str(out, envelope);
    return envelope.p != NULL ? 0 : P2P_ENOTFOUND;
}

static int grant_of(void *user, const struct um_name *key, unsigned roles,
                    struct um_buf *out)
{
    struct door *d = user;

    if (d->sign_err != 0)
        return d->sign_err;
    sign(d, d->signer,
         (struct um_statement){
             .what = UM_GRANT, .key = *key, .roles = (uint8_t)roles},
         out);
    return 0;
}

static bool waits(void *user, const struct um_name *key)
{
    const struct door *d = user;

    for (size_t i = 0; i < d->waiting_n; i++) {
        if (um_name_eq(&d->waiting[i], key))
            return true;
    }
    return false;
}

static size_t waiting(void *user)
{
    return ((const struct door *)user)->waiting_n;
}

static void door_init(struct door *d)
{
    memset(d, 0, sizeof *d);
    mesh_maker_init(&d->m, 0);
    mesh_maker_roster(&d->m, &d->roster);
    say(d, ROOT,
        (struct um_statement){
            .what = UM_GRANT, .key = d->m.names[OWNER], .roles = UM_OWNER});
    say(d, OWNER,
        (struct um_statement){
            .what = UM_GRANT, .key = d->m.names[INVITER], .roles = UM_NODE});
    for (unsigned i = 0; i < 16; i++)
        d->code.secret[i] = (uint8_t)(0x40 + i);
    memcpy(d->code.mesh, d->m.mesh.b, sizeof d->code.mesh);
    um_code_fingerprint(&d->m.names[OWNER], d->code.owner);
    um_invite_init(&d->invite, d->code.secret, d->code.mesh);
    d->invite.uses = 1;
    d->invite.roles = UM_WRITER | UM_NODE;
    d->invite.expires_ms = T0 + 900000;
    d->signer = OWNER;
    d->node = (struct um_inviter_node){.user = d,
                                       .roster = &d->roster,
                                       .open = true,
                                       .invite = invite_of,
                                       .statement = statement_of,
                                       .grant = grant_of,
                                       .waits = waits,
                                       .waiting = waiting};
    um_door_init(&d->door, 1000);
}

static void door_fini(struct door *d)
{
    um_roster_fini(&d->roster);
    mesh_maker_fini(&d->m);
}

static void knock(struct door *d, struct um_inviter *i, unsigned who)
{
    struct um_inviter_cfg cfg = {.node = &d->node,
                                 .door = &d->door,
                                 .me = d->m.names[INVITER],
                                 .joiner = d->m.names[who]};

    memset(cfg.binding, 0x42, sizeof cfg.binding);
    um_inviter_init(i, &cfg, 1000);
}

static void joiner(const struct door *d, struct um_joiner *j, bool coded)
{
    struct um_joiner_cfg cfg = {.code = coded ? &d->code : NULL,
                                .me = d->m.names[JOINER],
                                .inviter = d->m.names[INVITER],
                                .name = UM_STR("new one")};

    memset(cfg.binding, 0x42, sizeof cfg.binding);
    um_joiner_init(j, &cfg, 1000);
}

/* What the daemon does with an event. */
static void store(struct door *d, struct um_inviter *i, uint64_t wall_ms)
{
    struct um_inviter_ev ev;
    struct um_buf none = UM_BUF_INIT;
    int err = 0;

    if (!um_inviter_next(i, &ev))
        return;
    assert_int_equal(um_inviter_tx(i, &none), 0); /* not before it is stored */
    assert_true(um_name_eq(&ev.joiner, &d->m.names[JOINER]) ||
                ev.what == UM_INVITER_PENDING);
    if (ev.coded) {
        assert_memory_equal(ev.id, d->invite.id, sizeof ev.id);
        assert_int_equal(ev.roles, d->invite.roles);
        err = um_invite_take(&d->invite, wall_ms);
        d->counted += err == 0;
    }
    if (err == 0 && ev.what == UM_INVITER_COUNT)
        take(d, ev.grant);
    if (err == 0 && ev.what == UM_INVITER_PENDING) {
        d->put_down++;
        assert_true(d->waiting_n < WAITING_MAX);
        d->waiting[d->waiting_n++] = ev.joiner;
    }
    um_inviter_stored(i, err);
}

/* Lets an inviter have a Hello; what it answers is appended to `answer`. */
static void answer(struct door *d, struct um_str hello, uint64_t wall_ms,
                   enum chunk_plan plan, struct um_buf *out)
{
    struct um_inviter i;
    struct chunker c;
    int got;

    knock(d, &i, JOINER);
    chunker_init(&c, plan, 1);
    while (hello.len > 0) {
        struct um_str piece = um_str_head(hello, chunker_next(&c, hello.len));

        hello = um_str_skip(hello, piece.len);
        um_inviter_rx(&i, &piece, 1000, wall_ms);
        assert_int_equal(piece.len, 0);
    }
    store(d, &i, wall_ms);
    got = um_inviter_tx(&i, out);
    assert_int_equal(got, out->len > 0);
    assert_true(um_inviter_over(&i) || out->len == 0);
    um_inviter_fini(&i);
}

static void hear(struct um_joiner *j, struct um_str in, enum chunk_plan plan)
{
    struct chunker c;

    chunker_init(&c, plan, 2);
    while (in.len > 0) {
        struct um_str piece = um_str_head(in, chunker_next(&c, in.len));

        in = um_str_skip(in, piece.len);
        while (piece.len > 0)
            (void)um_joiner_rx(j, &piece);
    }
    um_joiner_closed(j);
}

/* A whole exchange. */
static void join(struct door *d, struct um_joiner *j, bool coded,
                 uint64_t wall_ms, enum chunk_plan plan)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;

    joiner(d, j, coded);
    assert_int_equal(um_joiner_tx(j, &hello), 1);
    assert_int_equal(um_joiner_tx(j, &hello), 0);
    answer(d, um_buf_view(&hello), wall_ms, plan, &back);
    hear(j, um_buf_view(&back), plan);
    um_buf_fini(&hello);
    um_buf_fini(&back);
}

static void test_a_code_lets_one_in(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        struct um_str list;
        struct um_str envelope;
        struct um_joiner j;
        struct door d;
        unsigned n = 0;

        door_init(&d);
        join(&d, &j, true, T0, plan);
        assert_int_equal(j.result, UM_JOINER_WELCOME);
        assert_true(j.sure);
        assert_int_equal(j.roles, UM_WRITER | UM_NODE);
        assert_true(um_name_eq(&j.mesh, &d.m.mesh));
        assert_true(um_name_eq(&j.owner, &d.m.names[OWNER]));
        assert_int_equal(d.counted, 1);
        assert_int_equal(um_roster_roles(&d.roster, &d.m.names[JOINER]),
                         UM_WRITER | UM_NODE);
        list = um_buf_view(&j.statements);
        while (um_pb_list_next(&list, &envelope))
            n++;
        assert_int_equal(n, 4); /* genesis, owner, inviter, joiner */
        um_joiner_fini(&j);
        /* The one use is used. */
        d.m.names[JOINER] = d.m.names[OTHER];
        join(&d, &j, true, T0, plan);
        assert_int_equal(j.result, UM_JOINER_REFUSED);
        assert_int_equal(j.reason, UM_JOIN_USED_UP);
        assert_int_equal(d.counted, 1);
        um_joiner_fini(&j);
        door_fini(&d);
    }
}

/* The answer was lost: it asks again, and costs no second use. */
static void test_asking_again_costs_no_use(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned i = 0; i < 3; i++) {
        join(&d, &j, true, i == 0 ? T0 : T0 + 10000000, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_WELCOME);
        assert_int_equal(d.counted, 1);
        um_joiner_fini(&j);
    }
    door_fini(&d);
}

static void test_the_root_may_let_in(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.signer = ROOT;
    um_code_fingerprint(&d.m.names[ROOT], d.code.owner);
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    assert_true(um_name_eq(&j.owner, &d.m.names[ROOT]));
    um_joiner_fini(&j);
    door_fini(&d);
}

static void test_expired(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    join(&d, &j, true, d.invite.expires_ms, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_EXPIRED);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* A GRANT would not bring it back, so it is not told that it is welcome. */
static void test_a_revoked_key_is_told_so(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    say(&d, OWNER,
        (struct um_statement){.what = UM_REVOKE, .key = d.m.names[JOINER]});
    d.invite.uses = 2;
    for (unsigned coded = 0; coded < 2; coded++) {
        join(&d, &j, coded == 1, T0, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_REFUSED);
        assert_int_equal(j.reason, UM_JOIN_REVOKED);
        um_joiner_fini(&j);
    }
    assert_int_equal(d.counted, 1);
    assert_int_equal(d.put_down, 0);
    door_fini(&d);
}

/* No owner's key is here: it waits, the use is taken once. */
static void test_without_an_owner_it_waits(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.node.grant = NULL;
    for (unsigned i = 0; i < 3; i++) {
        join(&d, &j, true, T0, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_PENDING);
        assert_true(j.sure);
        assert_true(um_name_eq(&j.mesh, &d.m.mesh));
        assert_int_equal(d.counted, 1);
        assert_int_equal(d.put_down, 1);
        um_joiner_fini(&j);
    }
    door_fini(&d);
}

static void test_without_a_code_it_waits(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    join(&d, &j, false, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_PENDING);
    assert_false(j.sure); /* nothing vouches for the mesh */
    assert_int_equal(d.put_down, 1);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    d.node.open = false;
    join(&d, &j, false, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_CLOSED);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* An unknown code and a wrong proof: the same bytes, and no use. */
static void test_a_wrong_proof_is_an_unknown_code(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf wrong = UM_BUF_INIT;
    struct um_buf unknown = UM_BUF_INIT;
    struct um_join_hello h;
    struct um_joiner j;
    struct um_str frame;
    struct door d;
    uint64_t len;

    (void)state;
    door_init(&d);
    joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    frame = um_buf_view(&hello);
    assert_true(um_pb_take_varint(&frame, &len));
    assert_int_equal(um_join_hello_read(frame, &h), 0);
    assert_true(um_str_eq(h.name, UM_STR("new one")));
    h.proof[31] ^= 1;
    um_join_hello_put(&wrong, &h);
    h.proof[31] ^= 1;
    h.id[0] ^= 1;
    um_join_hello_put(&unknown, &h);
    um_buf_clear(&hello);
    answer(&d, um_buf_view(&wrong), T0, CHUNK_ALL, &hello);
    um_buf_clear(&wrong);
    answer(&d, um_buf_view(&unknown), T0, CHUNK_ALL, &wrong);
    assert_true(um_str_eq(um_buf_view(&hello), um_buf_view(&wrong)));
    hear(&j, um_buf_view(&hello), CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_NO_CODE);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&wrong);
    um_buf_fini(&unknown);
    door_fini(&d);
}

/* A Hello that was heard on another connection. */
static void test_a_proof_is_for_one_connection(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    d.m.names[JOINER] = d.m.names[OTHER]; /* who repeats it */
    answer(&d, um_buf_view(&hello), T0, CHUNK_ALL, &back);
    hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.reason, UM_JOIN_NO_CODE);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* Two with the last use at once: one of them is told that it is used up. */
static void test_two_with_one_use(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter a;
    struct um_inviter b;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    knock(&d, &a, JOINER);
    knock(&d, &b, JOINER);
    in = um_buf_view(&hello);
    um_inviter_rx(&a, &in, 1000, T0);
    in = um_buf_view(&hello);
    um_inviter_rx(&b, &in, 1000, T0);
    store(&d, &a, T0);
    store(&d, &b, T0);
    assert_int_equal(d.counted, 1);
    assert_int_equal(um_inviter_tx(&b, &back), 1);
    hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.reason, UM_JOIN_USED_UP);
    um_buf_clear(&back);
    assert_int_equal(um_inviter_tx(&a, &back), 1);
    um_inviter_fini(&a);
    um_inviter_fini(&b);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* What cannot be written down is not answered. */
static void test_no_answer_without_disk(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter_ev ev;
    struct um_inviter i;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    knock(&d, &i, JOINER);
    in = um_buf_view(&hello);
    um_inviter_rx(&i, &in, 1000, T0);
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    assert_true(um_inviter_next(&i, &ev));
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    um_inviter_stored(&i, P2P_EIO);
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    assert_true(um_inviter_over(&i));
    um_inviter_fini(&i);
    um_joiner_closed(&j);
    assert_int_equal(j.result, UM_JOINER_BROKEN);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    um_joiner_fini(&j);
    /* likewise when the owner's key cannot be used */
    d.sign_err = P2P_EIO;
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    door_fini(&d);
}

/* An owner's key that is not to be had after all is like none. */
static void test_a_key_that_is_not_to_be_had(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.sign_err = P2P_EACCES;
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_PENDING);
    assert_true(j.sure);
    assert_int_equal(d.put_down, 1);
    assert_int_equal(d.counted, 1);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* There is no room on the way to the disk. */
static void test_too_many_writes_are_told(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter_ev ev;
    struct um_inviter i;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    in = um_buf_view(&hello);
    knock(&d, &i, JOINER);
    um_inviter_rx(&i, &in, 1000, T0);
    assert_true(um_inviter_next(&i, &ev));
    um_inviter_stored(&i, P2P_EAGAIN);
    assert_int_equal(um_inviter_tx(&i, &back), 1);
    um_inviter_fini(&i);
    hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_TOO_MANY);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* ---- an inviter that means harm */

/* What a joiner with a code makes of an answer of these statements. */
static enum um_joiner_wrong believes(const struct door *d,
                                     enum um_join_result result,
                                     const struct um_buf *const *statements,
                                     size_t n, bool proven)
{
    struct um_join_answer a = {.result = result, .proven = proven};
    struct um_join about = {.joiner = d->m.names[JOINER],
                            .inviter = d->m.names[INVITER],
                            .mesh = d->m.mesh};
    struct um_buf list = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    enum um_joiner_wrong wrong;
    struct um_joiner j;

    memset(about.binding, 0x42, sizeof about.binding);
    um_invite_answer(&d->invite, &about, a.proof);
    for (size_t i = 0; i < n; i++)
        um_join_statement_put(&list, um_buf_view(statements[i]));
    a.statements = um_buf_view(&list);
    assert_true(um_join_answer_put(&out, &a));
    joiner(d, &j, true);
    hear(&j, um_buf_view(&out), CHUNK_ALL);
    wrong = j.wrong;
    assert_int_equal(j.result == UM_JOINER_BROKEN, wrong != UM_JOINER_FINE);
    if (wrong != UM_JOINER_FINE)
        assert_int_equal(j.statements.len, 0); /* nothing to store */
    assert_true(strlen(um_joiner_text(&j)) > 10);
    um_joiner_fini(&j);
    um_buf_fini(&list);
    um_buf_fini(&out);
    return wrong;
}

static void test_answers_that_are_not_believed(void **state)
{
    struct um_buf grant = UM_BUF_INIT;
    struct um_buf others = UM_BUF_INIT;
    struct um_buf by_node = UM_BUF_INIT;
    struct door d;
    const struct um_buf *s[4];

    (void)state;
    door_init(&d);
    sign(&d, OWNER,
         (struct um_statement){
             .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
         &grant);
    sign(&d, ROOT,
         (struct um_statement){
             .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
         &others);
    sign(&d, INVITER,
         (struct um_statement){
             .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
         &by_node);
    s[0] = &d.m.statements[0];
    s[1] = &d.m.statements[1];
    s[2] = &grant;
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true), UM_JOINER_FINE);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, false),
                     UM_JOINER_BAD_PROOF);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 2, true),
                     UM_JOINER_NO_ROLES);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 0, true),
                     UM_JOINER_BAD_GENESIS);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s + 1, 2, true),
                     UM_JOINER_BAD_GENESIS);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, true), UM_JOINER_FINE);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, false),
                     UM_JOINER_BAD_PROOF);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 2, true),
                     UM_JOINER_BAD_ROSTER);
    s[2] = &others; /* let in by another than the code names */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true),
                     UM_JOINER_OTHER_OWNER);
    s[2] = &by_node; /* by one who may not */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true),
                     UM_JOINER_BAD_ROSTER);
    s[1] = &grant; /* by one of whom nothing is said */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 2, true),
                     UM_JOINER_BAD_ROSTER);
    um_buf_fini(&grant);
    um_buf_fini(&others);
    um_buf_fini(&by_node);
    door_fini(&d);
}

/* A mesh of its own, whose half is another. */
static void test_another_mesh(void **state)
{
    struct um_buf genesis = UM_BUF_INIT;
    const struct um_buf *s[1] = {&genesis};
    struct um_name mesh;
    struct door d;

    (void)state;
    door_init(&d);
    mesh = d.m.mesh;
    d.m.mesh = (struct um_name){{0}};
    sign(&d, ROOT,
         (struct um_statement){.what = UM_GENESIS,
                               .roles = UM_ROLES_ALL,
                               .nonce = {2},
                               .first = {{7}}},
         &genesis);
    d.m.mesh = mesh;
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, true),
                     UM_JOINER_OTHER_MESH);
    um_buf_fini(&genesis);
    door_fini(&d);
}

/* Bytes that are no answer. */
static enum um_joiner_wrong hears(struct um_str bytes)
{
    enum um_joiner_wrong wrong;
    struct um_joiner j;
    struct door d;

    door_init(&d);
    joiner(&d, &j, true);
    hear(&j, bytes, CHUNK_RANDOM);
    wrong = j.wrong;
    um_joiner_fini(&j);
    door_fini(&d);
    return wrong;
}

static void test_bytes_that_are_no_answer(void **state)
{
    (void)state;
    assert_int_equal(hears(UM_STR("")), UM_JOINER_SILENT);
    assert_int_equal(hears(UM_STR("\x04\x08\x01")), UM_JOINER_SILENT);
    assert_int_equal(hears(UM_STR("\x03xyz")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x02\x08\x01")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x01\x10\x03")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x01\x10\x04")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x02\x10\x01")), UM_JOINER_TOO_NEW);
    assert_int_equal(hears(UM_STR("\x06\x08\x01\x10\x03\x28\x63")),
                     UM_JOINER_FINE); /* refused, for a reason of later */
}

/* An answer that is refused, with padding, as a frame of `len` bytes. */
static enum um_joiner_wrong hears_long(size_t len)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf pad = UM_BUF_INIT;
    enum um_joiner_wrong wrong;

    um_buf_fill(&pad, 'x', len - 12);
    um_pb_put_num(&body, 1, 1);
    um_pb_put_num(&body, 2, UM_JOIN_REFUSED);
    um_pb_put_num(&body, 5, UM_JOIN_CLOSED);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    um_frame_put(&frame, um_buf_view(&body));
    assert_true(body.len <= len && body.len + 2 > len);
    wrong = hears(um_buf_view(&frame));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&pad);
    return wrong;
}

static void test_answers_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(hears_long(UM__CAP_JOIN_ANSWER_BYTES), UM_JOINER_FINE);
    assert_int_equal(hears_long(UM__CAP_JOIN_ANSWER_BYTES + 2),
                     UM_JOINER_GARBAGE);
}

/* ---- joiners that mean harm */

/* Whether an inviter reads a Hello: else it hangs up, without a word. */
static bool reads(struct um_str bytes)
{
    struct um_buf out = UM_BUF_INIT;
    struct door d;
    bool fine;

    door_init(&d);
    answer(&d, bytes, T0, CHUNK_RANDOM, &out);
    fine = out.len > 0;
    um_buf_fini(&out);
    door_fini(&d);
    return fine;
}

static void test_bytes_that_are_no_hello(void **state)
{
    (void)state;
    assert_true(reads(UM_STR("\x02\x08\x01")));
    assert_false(reads(UM_STR("\x02\x08\x02"))); /* a later version */
    assert_false(reads(UM_STR("\x02\x10\x01")));
    assert_false(reads(UM_STR("\x00")));
    assert_true(reads(UM_STR("\x05\x08\x01\x22\x01n")));
    assert_false(reads(UM_STR("\x05\x08\x01\x22\x01\n")));
    /* a code without a proof, and a short one */
    assert_false(
        reads(UM_STR("\x0c\x08\x01\x12\x08"
                     "12345678")));
    assert_false(
        reads(UM_STR("\x05\x08\x01\x12\x01"
                     "1")));
}

static bool reads_name(size_t len)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf name = UM_BUF_INIT;
    bool fine;

    um_buf_fill(&name, 'n', len);
    um_pb_put_num(&body, 1, 1);
    um_pb_put_str(&body, 4, um_buf_view(&name));
    um_frame_put(&frame, um_buf_view(&body));
    fine = reads(um_buf_view(&frame));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&name);
    return fine;
}

static void test_names_have_an_end(void **state)
{
    (void)state;
    assert_true(reads_name(UM__CAP_JOIN_NAME_BYTES));
    assert_false(reads_name(UM__CAP_JOIN_NAME_BYTES + 1));
}

static void test_hellos_have_an_end(void **state)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf pad = UM_BUF_INIT;

    (void)state;
    um_pb_put_num(&body, 1, 1);
    um_buf_fill(&pad, 'x', UM__CAP_JOIN_HELLO_BYTES - 5);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    assert_int_equal(body.len, UM__CAP_JOIN_HELLO_BYTES + 1);
    um_frame_put(&frame, um_buf_view(&body));
    assert_false(reads(um_buf_view(&frame)));
    um_buf_clear(&body);
    um_buf_clear(&frame);
    pad.len--;
    um_pb_put_num(&body, 1, 1);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    um_frame_put(&frame, um_buf_view(&body));
    assert_true(reads(um_buf_view(&frame)));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&pad);
}

static struct um_name stranger(unsigned n)
{
    return (struct um_name){{0xff, (uint8_t)(n >> 8), (uint8_t)n}};
}

/* A stranger without a code asks at a moment; what he is told. */
static uint64_t ask_as(struct door *d, unsigned n, uint64_t now_ms)
{
    static const char hello[] = "\x02\x08\x01";
    struct um_buf out = UM_BUF_INIT;
    struct um_join_answer a;
    struct um_inviter i;
    struct um_str in = um_str_n(hello, sizeof hello - 1);
    uint64_t len;

    d->m.names[OTHER] = stranger(n);
    knock(d, &i, OTHER);
    um_inviter_rx(&i, &in, now_ms, T0);
    store(d, &i, T0);
    assert_int_equal(um_inviter_tx(&i, &out), 1);
    in = um_buf_view(&out);
    assert_true(um_pb_take_varint(&in, &len));
    assert_int_equal(um_join_answer_read(in, &a), 0);
    um_inviter_fini(&i);
    um_buf_fini(&out);
    return a.result == UM_JOIN_PENDING ? 0 : a.reason;
}

/* Strangers ask one after the other, as fast as they can. */
static void test_strangers_ask_at_a_rate(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKS; n++)
        assert_int_equal(ask_as(&d, n, 1000), 0);
    assert_int_equal(ask_as(&d, 1000, 1000), UM_JOIN_TOO_MANY);
    assert_int_equal(ask_as(&d, 0, 1000), 0); /* who waits may ask again */
    assert_int_equal(ask_as(&d, 1001, 11000), 0);
    assert_int_equal(ask_as(&d, 1002, 11000), UM_JOIN_TOO_MANY);
    /* Who has a code does not stand behind them. */
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* They take their time, and there are very many. */
static void test_so_many_strangers_wait(void **state)
{
    struct um_joiner j;
    struct door d;
    uint64_t now = 1000;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_PENDING; n++) {
        now += 20000;
        assert_int_equal(ask_as(&d, n, now), 0);
    }
    assert_int_equal(ask_as(&d, 1000, now + 20000), UM_JOIN_TOO_MANY);
    assert_int_equal(d.waiting_n, UM__CAP_JOIN_PENDING);
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* They open streams and say nothing. */
static void test_so_many_ask_at_a_time(void **state)
{
    struct um_inviter silent[UM__CAP_JOIN_ASKING];
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKING; n++)
        knock(&d, &silent[n], OTHER);
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_TOO_MANY);
    um_joiner_fini(&j);
    /* until their time is over */
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKING; n++) {
        assert_true(um_inviter_deadline(&silent[n]) ==
                    1000 + UM_INVITER_PATIENCE_MS);
        um_inviter_expire(&silent[n], 1000 + UM_INVITER_PATIENCE_MS - 1);
        assert_false(um_inviter_over(&silent[n]));
        um_inviter_expire(&silent[n], 1000 + UM_INVITER_PATIENCE_MS);
        assert_true(um_inviter_over(&silent[n]));
        um_inviter_fini(&silent[n]);
    }
    join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

static void test_a_joiner_does_not_wait_for_ever(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    joiner(&d, &j, false);
    assert_true(um_joiner_deadline(&j) == 1000 + UM_JOINER_PATIENCE_MS);
    um_joiner_expire(&j, 1000 + UM_JOINER_PATIENCE_MS - 1);
    assert_int_equal(j.result, UM_JOINER_ASKING);
    um_joiner_expire(&j, 1000 + UM_JOINER_PATIENCE_MS);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    um_joiner_fini(&j);
    door_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_one_in),
        cmocka_unit_test(test_asking_again_costs_no_use),
        cmocka_unit_test(test_the_root_may_let_in),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_a_revoked_key_is_told_so),
        cmocka_unit_test(test_without_an_owner_it_waits),
        cmocka_unit_test(test_without_a_code_it_waits),
        cmocka_unit_test(test_a_wrong_proof_is_an_unknown_code),
        cmocka_unit_test(test_a_proof_is_for_one_connection),
        cmocka_unit_test(test_two_with_one_use),
        cmocka_unit_test(test_no_answer_without_disk),
        cmocka_unit_test(test_a_key_that_is_not_to_be_had),
        cmocka_unit_test(test_too_many_writes_are_told),
        cmocka_unit_test(test_answers_that_are_not_believed),
        cmocka_unit_test(test_another_mesh),
        cmocka_unit_test(test_bytes_that_are_no_answer),
        cmocka_unit_test(test_answers_have_an_end),
        cmocka_unit_test(test_bytes_that_are_no_hello),
        cmocka_unit_test(test_names_have_an_end),
        cmocka_unit_test(test_hellos_have_an_end),
        cmocka_unit_test(test_strangers_ask_at_a_rate),
        cmocka_unit_test(test_so_many_strangers_wait),
        cmocka_unit_test(test_so_many_ask_at_a_time),
        cmocka_unit_test(test_a_joiner_does_not_wait_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
