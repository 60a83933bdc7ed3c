/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /mesh/overlays, /mesh/variables, /mesh/probes: parts of the document that
 * Unit has not, after its manner. One segment names a member; a part is shown
 * whole, and changed member by member. Failure modes as those of /config, with
 * words of our own.
 */
#include "mesh/base/mem.h"
#include "mesh/control/call.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/path.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

#define ONE_AT_A_TIME \
    "Overlays, variables and probes are changed one at a time, as a whole."

static bool is_whole(const struct um_call *c)
{
    return c->ask.rest.len == 1;
}

/* The part that is in the document, or an empty one. */
static const struct um_val *part_of(const struct um_call *c, const char *part)
{
    static const struct um_val empty = {.kind = UM_VAL_OBJECT};
    const struct um_val *v = um_val_member(c->state->document, um_str(part));

    return v != NULL ? v : &empty;
}

/* The name in the path, decoded; p NULL: there is none, or more than one. */
static int name_of(struct um_call *c, struct um_str *out)
{
    struct um_str raw = um_str_skip(c->ask.rest, 1);
    struct um_str none = {NULL, 0};

    *out = none;
    if (raw.len == 0 || um_str_has(raw, '/'))
        return 0;
    return um_path_decode(c->arena, raw, out);
}

static int get(struct um_call *c, const struct um_val *part)
{
    const struct um_val *v;
    int rc = um_path_get(c->arena, part, c->ask.rest, &v);

    return rc == 0 ? um_call_show(c, v) : um_call_path(c, rc);
}

/* Puts a secret in the place of its value: what is sealed is the value, as the
 * document would have it. */
static int hide(struct um_call *c, struct um_member *secret,
                struct um_call_change *change, struct um_val *v)
{
    struct um_buf text = UM_BUF_INIT;
    int rc = um_doc_print(&text, v);

    if (rc == 0 && !um_arena_dup(c->arena, um_buf_view(&text), &change->bytes))
        rc = P2P_ENOMEM;
    if (text.p != NULL)
        um_mem_wipe(text.p, text.len);
    um_buf_fini(&text);
    secret->value = *v;
    change->secret = secret;
    if (c->req->sealed.p == NULL) {
        change->part = UM_STR("variables");
        change->name = secret->name;
    }
    if (rc == 0 && !um_call_sealed(c, v))
        rc = P2P_ENOMEM;
    return rc;
}

static int put(struct um_call *c, const char *part, struct um_str name)
{
    struct um_call_change change = {.fresh = NULL};
    struct um_doc_error err = {.text = ""};
    struct um_member secret = {.name = name};
    struct um_val v;
    int rc = um_doc_parse(c->req->body, c->arena, &v, &err);

    if (rc != 0)
        return um_call_json(c, rc, &err);
    if (c->req->secret)
        rc = hide(c, &secret, &change, &v);
    if (rc == 0 && change.bytes.len > UM__CAP_CONTROL_SECRET_BYTES)
        return um_call_say(c, 413, "The upload is too large.", "");
    if (rc == P2P_ETOOBIG)
        rc = P2P_ELIMIT;
    if (rc == 0)
        rc = um_call_put(c, um_str(part), name, &v, &change.root);
    return rc == 0 ? um_call_change(c, &change) : um_call_path(c, rc);
}

static int take_away(struct um_call *c, const char *part, struct um_str name)
{
    struct um_call_change change = {.fresh = NULL};
    int rc;

    if (um_val_member(part_of(c, part), name) == NULL)
        return um_call_path(c, P2P_ENOTFOUND);
    rc = um_call_put(c, um_str(part), name, NULL, &change.root);
    return rc == 0 ? um_call_change(c, &change) : um_call_path(c, rc);
}

int um_parts_answer(struct um_call *c, const char *part)
{
    const struct um_val *all = part_of(c, part);
    bool reads = c->ask.method == UM_ASK_GET;
    const struct um_val *there = NULL;
    struct um_str name;
    bool go_on;
    int rc = name_of(c, &name);

    if (rc == P2P_ENOMEM)
        return rc;
    if (!reads && is_whole(c)) {
        c->out->allow = "GET, HEAD";
        return um_call_say(c, 405, "Method isn't allowed.", ONE_AT_A_TIME);
    }
    if (!reads && c->ask.method != UM_ASK_PUT &&
        c->ask.method != UM_ASK_DELETE) {
        c->out->allow = "GET, HEAD, PUT, DELETE";
        return um_call_path(c, P2P_ENOTSUP);
    }
    if (um_path_get(c->arena, all, c->ask.rest, &there) == P2P_ENOMEM)
        return P2P_ENOMEM;
    rc = um_call_conditions(c, there != NULL, &go_on);
    if (!go_on)
        return rc;
    if (reads)
        return get(c, all);
    if (name.p == NULL)
        return um_call_say(c, 400, "Invalid name.", ONE_AT_A_TIME);
    return c->ask.method == UM_ASK_PUT ? put(c, part, name)
                                       : take_away(c, part, name);
}
