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
    bool read;   /* the key that it takes roles from reads what is secret */
    struct um_name key;
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
                     "It will be taken when that has come.");
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

static void on_taken(void *user, int err)
{
    struct word *o = user;

    if (err != 0 && err != P2P_EDUP) {
        refuse(o, err);
        return;
    }
    if (o->passed) {
        um_json_bool(&o->answer, "new", err == 0);
    }
    if (o->read && !o->wait.closed && !reads(o)) {
        seal_anew(o);
    } else {
        say(o);
    }
}

static void give(struct word *o, const struct um_statement *s,
                 struct um_str envelope)
{
    int err;

    o->key = s->key;
    o->read = s->what == UM_REVOKE && reads(o);
    err = um_node_state(um_wait_node(&o->wait), envelope, on_taken, o);
    if (err != 0) {
        refuse(o, err);
    }
}

bool um_word_may(struct um_node *n, struct um_http_req *req)
{
    if (um_node_owner(n) == NULL) {
        um_answer_error(req, 403, "There is no owner's key here.",
                        "Ask the node that has owner.key, or sign the "
                        "statement where the key is and carry it here.");
    } else if (!um_node_owns(n)) {
        um_answer_error(req, 403, "The key that is here is no owner's.",
                        "It is of another mesh, or its role was taken from "
                        "it.");
    }
    return um_node_owns(n);
}

void um_word_give(struct um_daemon *d, struct um_http_req *req,
                  struct um_statement *s, struct um_json *answer)
{
    struct word *o = word_new(d, req, answer);
    struct um_buf envelope = UM_BUF_INIT;
    int err;

    if (o == NULL) {
        return;
    }
    err = um_statement_seal(s, um_node_owner(d->mesh.node), &envelope);
    if (err != 0) {
        refuse(o, err);
    } else {
        give(o, s, um_buf_view(&envelope));
    }
    um_buf_fini(&envelope);
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
        o->passed = true;
        give(o, &s, envelope);
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
    const struct um_disk_job job = {write_nothing, on_taken, o};
    int err = o != NULL ? um_disk_write(um_node_disk(d->mesh.node), &job) : 0;

    if (err != 0) {
        refuse(o, err);
    }
}
