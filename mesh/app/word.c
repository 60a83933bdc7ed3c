/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See word.h. Happy path: signed, given to the node, told, answered. Who loses
 * its part in what is secret by it was told so far: the rest is sealed anew. */
#include "mesh/app/word.h"

#include <stdlib.h>

#include "mesh/app/answer.h"
#include "mesh/app/reseal.h"
#include "mesh/app/views.h"
#include "mesh/node/sealer.h"

/* A word on its way to the disk. */
struct word {
    struct um_wait wait;
    struct um_json answer;
    bool passed; /* it was signed elsewhere */
    size_t left; /* statements that were not told yet */
    int err;     /* the first that went wrong */
    bool read;   /* a key that roles are taken from reads what is secret */
    struct um_name key;
    struct um_name id; /* of what was signed elsewhere */
};

static void drop(struct um_wait *w)
{
    struct word *o = (struct word *)w;

    um_json_fini(&o->answer);
    free(o);
}

/* It waits for the disk alone. */
static void ignore(struct um_wait *w)
{
    (void)w;
}

/* Takes the answer. NULL: no memory, and that was answered. */
static struct word *word_new(struct um_daemon *d, struct um_http_req *req,
                             struct um_json *answer)
{
    struct word *o = calloc(1, sizeof *o);

    if (o == NULL) {
        um_json_fini(answer);
        um_answer_error(req, 500, "Out of memory.", NULL);
        return NULL;
    }
    o->wait.look = o->wait.late = ignore;
    o->wait.drop = drop;
    o->wait.asked = true;
    o->answer = *answer;
    um_wait_begin(&o->wait, d, req);
    return o;
}

static void say(struct word *o)
{
    um_answer_json(o->wait.req, 200, &o->answer);
    um_json_init(&o->answer);
    um_wait_end(&o->wait);
}

/* Whether a key reads what is secret. */
static bool reads(const struct word *o)
{
    struct um_model *m = um_node_model(um_wait_node(&o->wait));

    return (um_roster_roles(&m->roster, &o->key) & UM_SEALER_ROLES) != 0;
}

/* What was secret is sealed anew, then it is answered. */
static void seal_anew(struct word *o)
{
    struct um_daemon *d = o->wait.d;
    struct um_http_req *req = o->wait.req;
    struct um_json answer = o->answer;

    um_json_init(&o->answer);
    um_wait_end(&o->wait);
    um_reseal_after(d, req, &answer);
}

static void refuse(struct word *o, int err)
{
    if (o->wait.closed) {
        um_wait_fail(&o->wait, 503, "This node is ending, or leaves its mesh.",
                     NULL);
    } else if (err == P2P_EAGAIN) {
        um_wait_fail(&o->wait, 409, "It rests on what is not here yet.",
                     "It will be taken when that has come: a role of who "
                     "signed it, or what it names.");
    } else if (err == P2P_EPROTO || err == P2P_EPEER) {
        um_wait_fail(&o->wait, 403, "The mesh does not take it.",
                     "Its signer may not say this, or it is of another mesh.");
    } else if (err == P2P_EINVAL || err == P2P_ETOOBIG) {
        um_wait_fail(&o->wait, 400, "No statement can be made of this.",
                     "A text in it is too long, or is no text.");
    } else {
        um_wait_fail(&o->wait, err == P2P_ENOMEM ? 500 : 400,
                     "This is no statement of this mesh.", p2p_err_text(err));
    }
}

/* One less is waited for: after the last it is answered. */
static void settle(struct word *o)
{
    if (--o->left > 0) {
        return;
    }
    if (o->err != 0) {
        refuse(o, o->err);
    } else if (o->read && !o->wait.closed && !reads(o)) {
        seal_anew(o);
    } else {
        say(o);
    }
}

/* One of them is on the disk, or is not taken. */
static void on_taken(void *user, int err)
{
    struct word *o = user;

    if (o->passed && (err == 0 || err == P2P_EDUP)) {
        um_json_bool(&o->answer, "new", err == 0);
        if (!o->wait.closed) { /* the rules keep it, whoever may say it */
            struct um_model *m = um_node_model(um_wait_node(&o->wait));

            um_json_bool(&o->answer, "counts",
                         um_roster_counts(&m->roster, &o->id));
        }
    }
    if (o->err == 0 && err != P2P_EDUP) {
        o->err = err;
    }
    settle(o);
}

/* Whether a statement takes a role from a key that reads what is secret. A node
 * that takes another key stays, and cannot write with this one any more. */
static void note_reader(struct word *o, const struct um_statement *s)
{
    const struct um_name *me = um_node_me(um_wait_node(&o->wait));

    if (s->what == UM_REVOKE && !o->read && !um_name_eq(&s->key, me)) {
        o->key = s->key;
        o->read = reads(o);
    }
}

/* Gives envelopes of a list to the node; `left` is how many these are. After
 * one that is not taken the others are not given: they rest on it. */
static void give(struct word *o, struct um_str list)
{
    struct um_str envelope;
    int err;

    o->left++; /* until all are given nothing is answered */
    while (um_pb_list_next(&list, &envelope)) {
        err = o->err != 0 ? o->err
                          : um_node_state(um_wait_node(&o->wait), envelope,
                                          on_taken, o);
        if (err != 0) {
            o->err = err;
            o->left--;
        }
    }
    settle(o);
}

bool um_word_may(struct um_node *n, struct um_http_req *req)
{
    if (um_word_unsigned(req)) {
        return true;
    }
    if (um_node_owner(n) == NULL) {
        um_answer_error(req, 403, "There is no owner's key here.",
                        "Ask the node that has owner.key, or have it signed "
                        "where the key is: --to-sign FILE.");
    } else if (!um_node_owns(n)) {
        um_answer_error(req, 403, "The key that is here is no owner's.",
                        "It is of another mesh, or its role was taken from "
                        "it.");
    }
    return um_node_owns(n);
}

void um_word_speaker(struct um_node *n, struct um_http_req *req,
                     struct um_name *out)
{
    struct um_model *m = um_node_model(n);
    const struct um_statement *g = um_roster_genesis(&m->roster);

    if (um_word_unsigned(req) || um_node_owner(n) == NULL ||
        um_item_signer(um_node_owner(n), out) != 0) {
        *out = g != NULL ? g->by : m->cfg.me;
    }
}

/* A file for who has the key. */
static void hand_out(struct um_daemon *d, struct um_http_req *req,
                     struct um_statement *list, size_t n)
{
    struct um_buf file = UM_BUF_INIT, one = UM_BUF_INIT;
    int err = 0;

    um_carry_begin(&file, UM_CARRY_TO_SIGN);
    for (size_t i = 0; i < n && err == 0; i++) {
        um_word_speaker(d->mesh.node, req, &list[i].by);
        um_buf_clear(&one);
        err = um_statement_plan(&list[i], &one);
        um_carry_add(&file, um_buf_view(&one));
    }
    if (err != 0 || um_buf_failed(&file)) {
        um_answer_error(req, err == P2P_EINVAL ? 400 : 500,
                        "No statement can be made of this.",
                        err == P2P_EINVAL
                            ? "A text in it is too long, or is no text."
                            : NULL);
    } else {
        um_http_reply(req, 200, "application/octet-stream", file.p, file.len);
    }
    um_buf_fini(&one);
    um_buf_fini(&file);
}

/* Signs them; the envelopes as a list. */
static int seal_all(const struct p2p_key *key, struct um_statement *list,
                    size_t n, struct um_buf *out, size_t *signed_n)
{
    struct um_buf one = UM_BUF_INIT;
    int err = 0;

    for (*signed_n = 0; *signed_n < n && err == 0; ++*signed_n) {
        um_buf_clear(&one);
        err = um_statement_seal(&list[*signed_n], key, &one);
        um_pb_put_str(out, 1, um_buf_view(&one));
    }
    um_buf_fini(&one);
    return err == 0 && um_buf_failed(out) ? P2P_ENOMEM : err;
}

void um_word_give_all(struct um_daemon *d, struct um_http_req *req,
                      struct um_statement *list, size_t n,
                      struct um_json *answer)
{
    struct um_buf envelopes = UM_BUF_INIT;
    struct word *o;
    int err;

    if (um_word_unsigned(req)) {
        um_json_fini(answer);
        hand_out(d, req, list, n);
        return;
    }
    o = word_new(d, req, answer);
    if (o == NULL) {
        return;
    }
    err = seal_all(um_node_owner(d->mesh.node), list, n, &envelopes, &o->left);
    if (err != 0) {
        refuse(o, err);
    } else {
        for (size_t i = 0; i < n; i++) {
            note_reader(o, &list[i]);
        }
        give(o, um_buf_view(&envelopes));
    }
    um_buf_fini(&envelopes);
}

void um_word_give(struct um_daemon *d, struct um_http_req *req,
                  struct um_statement *s, struct um_json *answer)
{
    um_word_give_all(d, req, s, 1, answer);
}

void um_word_pass(struct um_daemon *d, struct um_http_req *req)
{
    size_t len;
    const char *bytes = um_http_body(req, &len);
    struct um_str envelope = um_str_n(bytes, len);
    struct um_statement s;
    char id[UM_NAME_TEXT_MAX];
    struct um_json answer;
    struct word *o;
    int err;

    if (um_wait_any_node(d, req) == NULL) {
        return;
    }
    err = um_statement_open(envelope, &s);
    if (err != 0) {
        um_answer_error(req, 400, "This is no signed statement.",
                        p2p_err_text(err));
        return;
    }
    um_json_init(&answer);
    um_json_text(&answer, "statement", um_name_text(&s.id, id));
    o = word_new(d, req, &answer);
    if (o != NULL) {
        struct um_buf list = UM_BUF_INIT;

        o->passed = true;
        o->id = s.id;
        o->left = 1;
        note_reader(o, &s);
        um_pb_put_str(&list, 1, envelope);
        if (um_buf_failed(&list)) {
            refuse(o, P2P_ENOMEM);
        } else {
            give(o, um_buf_view(&list));
        }
        um_buf_fini(&list);
    }
}

void um_word_answer(struct um_json *j, const char *success,
                    const struct um_name *key)
{
    um_json_init(j);
    um_json_text(j, "success", success);
    if (key != NULL) {
        um_views_peer(j, "member", key);
    }
}

static int write_nothing(void *arg, struct um_store *s)
{
    (void)arg;
    (void)s;
    return 0;
}

void um_word_after(struct um_daemon *d, struct um_http_req *req,
                   struct um_json *answer)
{
    struct word *o = word_new(d, req, answer);
    const struct um_disk_job job = {
        .write = write_nothing, .done = on_taken, .arg = o};
    int err;

    if (o == NULL) {
        return;
    }
    o->left = 1;
    err = um_disk_write(um_node_disk(d->mesh.node), &job);

    if (err != 0) {
        refuse(o, err);
    }
}
