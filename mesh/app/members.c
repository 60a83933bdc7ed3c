/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See members.h. Each is one statement of an owner. A revocation is worked out
 * before it is said: what it does not take, and what would fall. */
#include "mesh/app/members.h"

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/falls.h"
#include "mesh/app/segment.h"
#include "mesh/app/setting.h"
#include "mesh/app/views.h"
#include "mesh/app/which.h"
#include "mesh/app/word.h"
#include "mesh/node/owner.h"

/* Which segment of the path is what. */
enum { MEMBER = 2, LABEL = 4 };

/* A request about a member. */
struct about {
    struct um_daemon *d;
    struct um_http_req *req;
    struct um_node *node;
    struct um_arena arena;
    struct um_val body;
    struct um_str text; /* who is meant */
    struct um_name key;
};

static struct about about(struct um_daemon *d, struct um_http_req *req)
{
    return (struct about){.d = d, .req = req, .arena = UM_ARENA_INIT};
}

static const struct um_body_member role_body[] = {{"role", UM_VAL_STRING},
                                                  {"message", UM_VAL_STRING},
                                                  {"keep", UM_VAL_ARRAY},
                                                  {NULL, 0}};
static const struct um_body_member remove_body[] = {{"message", UM_VAL_STRING},
                                                    {"keep", UM_VAL_ARRAY},
                                                    {NULL, 0}};
static const struct um_body_member label_body[] = {{"value", UM_VAL_STRING},
                                                   {NULL, 0}};
static const struct um_body_member no_body[] = {{NULL, 0}};

/* Reads what it says; false: it was answered what is wrong. */
static bool begin_body(struct about *a, const struct um_body_member *may)
{
    a->node = um_wait_any_node(a->d, a->req);
    return a->node != NULL && um_body_read(a->req, &a->arena, may, &a->body) &&
           um_segment_get(a->req, &a->arena, MEMBER, &a->text);
}

/* The same, and who is meant. */
static bool begin(struct about *a, struct um_daemon *d, struct um_http_req *req,
                  const struct um_body_member *may)
{
    *a = about(d, req);
    return begin_body(a, may) &&
           um_which_member(a->node, req, a->text, &a->key);
}

bool um_members_roles(struct um_http_req *req, const struct um_val *body,
                      unsigned otherwise, unsigned *out)
{
    struct um_str role = um_body_text(body, "role");
    bool writer = um_str_eq(role, UM_STR("writer"));

    *out = writer ? UM_NODE | UM_WRITER : UM_NODE;
    if (um_val_member(body, UM_STR("role")) == NULL && otherwise != 0) {
        *out = otherwise;
        return true;
    }
    if (!writer && !um_str_eq(role, UM_STR("node"))) {
        um_answer_error(req, 400, "There is no such role.",
                        "\"role\" is \"writer\" or \"node\".");
        return false;
    }
    return true;
}

/* Who gives roles: of root the recovery key alone. */
static void speaker(struct um_node *n, struct um_http_req *req, unsigned roles,
                    struct um_name *out)
{
    const struct um_statement *g = um_roster_genesis(&um_node_model(n)->roster);

    um_word_speaker(n, req, out);
    if ((roles & UM_ROOT) != 0 && g != NULL) {
        *out = g->key;
    }
}

/* Says it, with success or a dry run. */
static void say(struct about *a, struct um_statement *s, const char *success)
{
    struct um_json j;

    um_word_answer(&j, success, &a->key);
    um_word_give(a->d, a->req, s, &j);
}

bool um_members_grant(struct um_node *n, struct um_http_req *req,
                      const struct um_name *key, unsigned roles,
                      struct um_statement *out)
{
    struct um_model *m = um_node_model(n);
    unsigned has = um_roster_roles(&m->roster, key);
    struct um_whatif w;
    bool gives;

    um_owner_grant(m, key, roles & ~has, out);
    speaker(n, req, roles, &out->by);
    if (um_whatif_init(&w, m, out) != 0) {
        um_answer_error(req, 500, "It cannot be worked out.", NULL);
        return false;
    }
    gives = (um_roster_roles(&w.roster, key) & roles) == roles;
    um_whatif_fini(&w);
    if (!gives) {
        um_answer_error(req, 409,
                        "The role was taken from this key, and does not come "
                        "back.",
                        "Give the node another key, and that the role: "
                        "`unitmesh members rotate` there.");
    }
    return gives;
}

/* Gives the roles that are missing. */
static void grant(struct about *a, unsigned roles)
{
    struct um_statement s;

    if (um_members_grant(a->node, a->req, &a->key, roles, &s)) {
        say(a, &s, "The role is given.");
    }
}

/* The heads that the body keeps instead of all that live. false: it was
 * answered what is wrong. */
static bool read_keep(struct about *a, struct um_statement *s)
{
    const struct um_val *v = um_val_member(&a->body, UM_STR("keep"));

    return v == NULL ||
           um_which_revisions(a->node, a->req, &a->arena, v, &s->keep);
}

/* A revocation, and before it what the key has aborted. */
static void say_revoke(struct about *a, const struct um_statement *s,
                       const char *success, const char *warning)
{
    struct um_statement list[2];
    struct um_namelist aborted;
    struct um_json j;
    size_t n = 0;

    if (um_falls_aborted(a->node, a->req, s, &a->arena, &aborted) != 0) {
        um_answer_error(a->req, 500, "Out of memory.", NULL);
        return;
    }
    if (aborted.n > 0) {
        um_owner_void(um_node_model(a->node), aborted, &list[n++]);
    }
    list[n++] = *s;
    um_word_answer(&j, success, &a->key);
    um_answer_warning(&j, warning);
    um_word_give_all(a->d, a->req, list, n, &j);
}

/* What is taken from a key does not come back to it (rule 12): what was said
 * before could else be said anew in its name. @param roles 0: all of them */
static const char *for_ever(unsigned roles)
{
    return roles != 0
               ? "This is for ever: the key never has that role again. To give "
                 "it to the same node later, it gets another key first: "
                 "`unitmesh members rotate` there."
               : "This is for ever: the key is never a member again. The same "
                 "node comes back with another one: `unitmesh leave` there, "
                 "stop the daemon, remove node.key from its state folder, "
                 "start it, and join with a code.";
}

/* Takes roles, or shows what would come of it. */
static void take_roles(struct about *a, unsigned roles, const char *success)
{
    struct um_model *m = um_node_model(a->node);
    struct um_statement s;
    int err = um_owner_revoke(m, &a->arena, &a->key, roles, &s);

    s.message = um_body_text(&a->body, "message");
    if (err != 0) {
        um_answer_error(a->req, err == P2P_ENOMEM ? 500 : 409,
                        "No revocation can be made: this key said more than "
                        "one can keep.",
                        NULL);
        return;
    }
    if (!read_keep(a, &s)) {
        return;
    }
    if (um_http_query(a->req, "dry-run") != NULL) {
        um_falls_show(a->node, a->req, &s, for_ever(roles));
    } else if (um_word_may(a->node, a->req) &&
               um_falls_may(a->node, a->req, &s)) {
        say_revoke(a, &s, success, for_ever(roles));
    }
}

/* The roles that a body names beside writer and node; 0: none of these. */
static unsigned high_roles(const struct um_val *body)
{
    struct um_str role = um_body_text(body, "role");

    return um_str_eq(role, UM_STR("owner"))  ? UM_OWNER
           : um_str_eq(role, UM_STR("root")) ? UM_OWNER | UM_ROOT
                                             : 0;
}

/* Whether who speaks stands high enough; else it was answered. */
static bool may_raise(struct about *a, unsigned roles)
{
    struct um_roster *r = &um_node_model(a->node)->roster;
    struct um_name by;

    if (um_word_unsigned(a->req)) {
        return true;
    }
    if (!um_word_may(a->node, a->req)) {
        return false;
    }
    um_word_speaker(a->node, a->req, &by);
    if ((roles & UM_ROOT) != 0) {
        um_answer_error(a->req, 403,
                        "The recovery key alone says who is a root.",
                        "`unitmesh recover` makes one.");
        return false;
    }
    if ((um_roster_roles(r, &by) & UM_ROOT) == 0) {
        um_answer_error(a->req, 403, "A root alone says who is an owner.",
                        "The key that is here is an owner's.");
        return false;
    }
    return true;
}

static void has_it(struct about *a, bool dry)
{
    struct um_json j;

    um_word_answer(
        &j,
        dry ? "Nothing was changed: this was a dry run." : "It has this role.",
        &a->key);
    um_answer_json(a->req, 200, &j);
}

/* Makes an owner, or a root. */
static void raise_to(struct about *a, unsigned roles)
{
    unsigned has = um_roster_roles(&um_node_model(a->node)->roster, &a->key);
    bool dry = um_http_query(a->req, "dry-run") != NULL;

    if (!dry && !may_raise(a, roles)) {
        return;
    }
    if (dry || (has & roles) == roles) {
        has_it(a, dry);
    } else {
        grant(a, roles);
    }
}

/* What a writer, an owner loses that gets a lower role; 0: nothing. */
static unsigned loses(unsigned has, unsigned roles)
{
    unsigned above = (has & UM_NODE) != 0 ? UM_OWNER : 0;

    return has & (above | (roles == UM_NODE ? UM_WRITER : 0U));
}

static void role(struct about *a)
{
    unsigned has = um_roster_roles(&um_node_model(a->node)->roster, &a->key);
    bool dry = um_http_query(a->req, "dry-run") != NULL;
    unsigned roles;

    if (!um_members_roles(a->req, &a->body, 0, &roles)) {
        return;
    }
    if (loses(has, roles) == UM_OWNER && (has & roles) != roles) {
        um_answer_error(a->req, 409, "It is an owner, and no writer.",
                        "Give it the role node first.");
    } else if (loses(has, roles) != 0) {
        take_roles(a, loses(has, roles),
                   (has & UM_OWNER) != 0
                       ? "It is no owner any more; what it said stays."
                       : "It writes no more; what it wrote stays.");
    } else if (!dry && !um_word_may(a->node, a->req)) {
        return;
    } else if (dry || (has & roles) == roles) {
        has_it(a, dry);
    } else {
        grant(a, roles);
    }
}

void um_members_role(struct um_daemon *d, struct um_http_req *req)
{
    struct about a = about(d, req);
    unsigned high;

    if (begin_body(&a, role_body)) {
        high = high_roles(&a.body);
        if (high != 0 ? um_which_key(a.node, req, a.text, &a.key)
                      : um_which_member(a.node, req, a.text, &a.key)) {
            if (high != 0) {
                raise_to(&a, high);
            } else {
                role(&a);
            }
        }
    }
    um_arena_fini(&a.arena);
}

void um_members_remove(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;

    if (begin(&a, d, req, remove_body)) {
        take_roles(&a, 0, "It is no member any more; what it wrote stays.");
    }
    um_arena_fini(&a.arena);
}

/* Whether a name is free, or is to be given twice; else it was answered. What
 * selects a node by its name would be for both. */
static bool is_free(struct about *a, struct um_str name)
{
    struct um_roster *r = &um_node_model(a->node)->roster;
    struct um_node_facts facts;
    struct um_json j;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_NODE) != 0 && !um_name_eq(&k->name, &a->key) &&
            um_node_facts(a->node, &k->name, &a->arena, &facts) == 0 &&
            um_str_eq(facts.name, name) &&
            um_http_query(a->req, "force") == NULL) {
            um_json_init(&j);
            um_json_text(&j, "error", "Another member has this name.");
            um_views_peer(&j, "member", &k->name);
            um_json_text(&j, "override", "force");
            um_answer_json(a->req, 409, &j);
            return false;
        }
    }
    return true;
}

/* Sets a label; an empty value takes it off. */
static void label(struct about *a, struct um_str key, struct um_str value)
{
    struct um_statement s;

    um_owner_set(um_node_model(a->node), &a->key, key, value, &s);
    say(a, &s, value.len > 0 ? "The label is set." : "The label is gone.");
}

void um_members_label(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;
    struct um_str key;

    if (begin(&a, d, req, label_body) &&
        um_segment_get(req, &a.arena, LABEL, &key) &&
        um_word_may(a.node, req) && um_setting_may(a.node, req, key)) {
        struct um_str value = um_body_text(&a.body, "value");

        if (value.len == 0) {
            um_answer_error(req, 400, "A label has a value.",
                            "\"value\" is a text; DELETE takes the label off.");
        } else if (um_str_has(key, '=')) {
            um_answer_error(req, 400, "A label's key has no equals sign.",
                            "Selectors are written label:KEY=VALUE.");
        } else if (!um_str_eq(key, UM_STR("name")) || is_free(&a, value)) {
            label(&a, key, value);
        }
    }
    um_arena_fini(&a.arena);
}

void um_members_unlabel(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;
    struct um_str key;

    if (begin(&a, d, req, no_body) &&
        um_segment_get(req, &a.arena, LABEL, &key) &&
        um_word_may(a.node, req) && um_setting_may(a.node, req, key)) {
        if (um_roster_value(&um_node_model(a.node)->roster, &a.key, key) ==
            NULL) {
            um_answer_error(req, 404, "It has no such label.", NULL);
        } else {
            label(&a, key, um_str_n(NULL, 0));
        }
    }
    um_arena_fini(&a.arena);
}
