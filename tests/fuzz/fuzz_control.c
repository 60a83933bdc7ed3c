/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A request on a document: a document, "METHOD PATH", Content-Type, If-Match,
 * and a body, with a byte 0x1e between them; a letter in front of the method
 * says what else is chosen. The document stays as it was; a change makes one
 * that can be read, with a name, of which a stand-in takes what it is on this
 * node; what is refused has words. Where nothing but Unit's API is asked for,
 * of a document that is a plain configuration, the answer is that of a stand-in
 * that has this configuration.
 */
#include "doc_parts.h"

#include "mesh/control/trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    DRY_RUN = 1,
    EFFECTIVE = 2,
    PROBLEM = 4,
    FREEUNIT = 8,
    REQUIRE = 16,
    SECRET = 64,
};

static int read_vault(void *user, enum um_bundle_kind kind, struct um_str hash,
                      struct um_buf *out)
{
    (void)user;
    if (hash.len == 0 || hash.p[0] != 'a')
        return P2P_EACCES;
    um_buf_text(out, kind == UM_BUNDLE_SCRIPT ? "export default {}" : "");
    return 0;
}

/* "abc PUT /config": letters as bits, the method, the path. */
static unsigned choose(struct um_str line, struct um_control_request *req)
{
    struct um_str letters = um_str_head(line, um_str_find(line, ' '));
    unsigned bits = 0;

    for (size_t i = 0; i < letters.len; i++)
        bits |= 1U << ((unsigned)letters.p[i] % 8);
    line = um_str_skip(line, letters.len + 1);
    req->method = um_str_head(line, um_str_find(line, ' '));
    req->path = um_str_skip(line, req->method.len + 1);
    req->dry_run = (bits & DRY_RUN) != 0;
    req->effective = (bits & EFFECTIVE) != 0;
    req->secret = (bits & SECRET) != 0;
    if ((bits & PROBLEM) != 0)
        req->accept = UM_STR("application/problem+json");
    return bits;
}

/* What was made is a document, under its name, and its configuration for this
 * node is one that Unit takes. */
static void must_be_fine(struct um_arena *a, const struct um_control_state *st,
                         const struct um_control_answer *out)
{
    const struct um_meshdoc_node node = {.facts = st->node->facts};
    struct um_meshdoc doc;
    struct um_trial t = {.node = st->node, .vault = st->vault, .doc = &doc};
    struct um_trial_request req = {.method = "PUT", .path = UM_STR("/config")};
    struct um_trial_answer answer;
    uint8_t hash[P2P_SHA256_BYTES];
    struct um_buf text = UM_BUF_INIT;
    struct um_val v, config;

    must(um_doc_parse(out->document, a, &v, NULL) == 0);
    must_be_document(&v);
    p2p_sha256(out->document.p, out->document.len, hash);
    must(memcmp(hash, out->hash, sizeof hash) == 0);
    must(um_meshdoc_init(&doc, a, &v, NULL) == 0);
    must(out->summary.len > 0 &&
         out->summary.len <= UM__CAP_CONTROL_MESSAGE_BYTES);
    if (um_meshdoc_effective(a, &doc, &node, &config, NULL) == 0 &&
        !out->has_script) {
        must(um_doc_print(&text, &config) == 0);
        req.body = um_buf_view(&text);
        must(um_trial_ask(a, &t, &req, &answer) == 0);
        must(answer.status == 200);
    }
    um_buf_fini(&text);
}

static void judge(struct um_arena *a, const struct um_control_state *state,
                  const struct um_control_request *req,
                  const struct um_control_answer *out)
{
    bool made = out->document.len > 0;

    must(out->kind != UM_CONTROL_CHANGE || (made && !req->dry_run));
    must(!made || out->kind == UM_CONTROL_CHANGE || out->dry_run);
    must(!made || out->status == 200);
    must(!out->unchanged || (!made && out->status == 200));
    if (out->kind != UM_CONTROL_ANSWER && out->kind != UM_CONTROL_CHANGE)
        return;
    if (out->status == 304) {
        must(out->body.len == 0 && out->type == NULL);
        return;
    }
    must(out->body.len > 0 && out->type != NULL);
    if (made)
        must_be_fine(a, state, out);
}

/* As HTTP has methods and paths; Unit itself takes blanks in a path, too. */
static bool is_word(struct um_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

/* Only what Unit knows is asked for, below /config. */
static bool is_plain(const struct um_control_state *st,
                     const struct um_control_request *req,
                     const struct um_control_answer *out)
{
    return req->content_type.len == 0 && req->if_match.p == NULL &&
           req->accept.p == NULL && !req->effective && !req->dry_run &&
           !req->secret && !st->require && out->kind != UM_CONTROL_ELSEWHERE &&
           out->kind != UM_CONTROL_ADOPT && req->method.len < 8 &&
           um_str_starts(req->path, UM_STR("/config")) && is_word(req->path) &&
           is_word(req->method);
}

static bool holds(struct um_str s, struct um_str piece)
{
    while (s.len > 0 && !um_str_starts(s, piece))
        s = um_str_skip(s, 1);
    return s.len > 0;
}

/* Where the two are meant to differ: documents have limits, and variables (here
 * unknown ones), and nothing here dies of a request or runs out of memory by
 * one. */
static bool may_differ(const struct um_control_request *req,
                       const struct um_control_answer *out,
                       const struct um_trial_answer *theirs)
{
    return theirs->status == 0 || out->status == 413 || out->status == 414 ||
           holds(theirs->body, UM_STR("Memory allocation failed.")) ||
           holds(out->body, UM_STR("exceeds the maximum")) ||
           holds(out->body, UM_STR("would not survive")) ||
           holds(req->body, UM_STR("{{")) || holds(req->path, UM_STR("{{")) ||
           holds(req->body, UM_STR("-0"));
}

static void must_answer_alike(struct um_arena *a,
                              const struct um_control_state *st,
                              const struct um_control_request *req,
                              const struct um_control_answer *out)
{
    struct um_trial_request get = {.method = "GET", .path = UM_STR("/config")};
    struct um_trial_request same = {.path = req->path, .body = req->body};
    struct um_trial_answer theirs;
    struct um_buf compact = UM_BUF_INIT;
    struct um_buf shown = UM_BUF_INIT;
    char method[8] = "";
    struct um_meshdoc doc;
    struct um_trial t = {.node = st->node, .vault = st->vault, .doc = &doc};

    must(um_meshdoc_init(&doc, a, st->document, NULL) == 0);
    memcpy(method, req->method.p, req->method.len);
    same.method = method;
    must(um_doc_print(&compact, doc.base) == 0);
    must(um_doc_print_pretty(&shown, doc.base) == 0);
    t.config = um_buf_view(&compact);
    must(um_trial_ask(a, &t, &get, &theirs) == 0);
    /* else it could not begin with this configuration */
    if (um_str_eq(theirs.body, um_buf_view(&shown))) {
        must(um_trial_ask(a, &t, &same, &theirs) == 0);
        must(may_differ(req, out, &theirs) ||
             (theirs.status == out->status &&
              um_str_eq(theirs.body, out->body)));
    }
    um_buf_fini(&compact);
    um_buf_fini(&shown);
}

/* The body is what the Unit shows; it was given the base, or nothing. */
static void adopt(struct um_arena *a, const struct um_control_state *st,
                  const struct um_control_request *req)
{
    struct um_control_unit unit = {.config = req->body};
    struct um_buf base = UM_BUF_INIT;
    struct um_control_answer out;

    um_control_adopt(a, st, req, &unit, &out);
    must(out.kind != UM_CONTROL_ADOPT);
    judge(a, st, req, &out);
    must(um_doc_print(&base, um_val_member(st->document, UM_STR("base"))) == 0);
    unit.applied = um_buf_view(&base);
    um_control_adopt(a, st, req, &unit, &out);
    judge(a, st, req, &out);
    um_buf_fini(&base);
}

static void run(struct um_arena *a, struct um_str in,
                const struct um_val *document)
{
    static const struct um_label labels[] = {
        {UM_STR_INIT("group"), UM_STR_INIT("web,a")},
        {UM_STR_INIT("k"), UM_STR_INIT("v")}};
    struct um_control_node node = {
        .facts = {UM_STR("id"), UM_STR("n"), labels, 2}, .njs = true};
    const struct um_control_vault vault = {NULL, read_vault};
    struct um_control_state state = {.document = document,
                                     .revision = UM_STR("r7.00ff"),
                                     .node = &node,
                                     .vault = &vault};
    struct um_control_request req = {.dry_run = false};
    unsigned bits = choose(part(&in), &req);
    struct um_control_answer out;
    struct um_val copy;

    req.content_type = part(&in);
    req.if_match = part(&in);
    if (req.if_match.len == 0)
        req.if_match.p = NULL;
    req.body = in;
    state.require = (bits & REQUIRE) != 0;
    if ((bits & FREEUNIT) != 0)
        node.flavour = UM_STANDIN_FREEUNIT;
    must(um_val_clone(a, document, &copy));
    um_control_answer(a, &state, &req, &out);
    must(um_val_same(document, &copy));
    judge(a, &state, &req, &out);
    if (out.kind == UM_CONTROL_ADOPT)
        adopt(a, &state, &req);
    if (um_val_member(document, UM_STR("overlays")) == NULL &&
        um_val_member(document, UM_STR("variables")) == NULL &&
        is_plain(&state, &req, &out))
        must_answer_alike(a, &state, &req, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_arena a = UM_ARENA_INIT;
    struct um_meshdoc doc;
    struct um_val v;

    if (part_val(&in, &a, &v) && um_meshdoc_init(&doc, &a, &v, NULL) == 0)
        run(&a, in, &v);
    um_arena_fini(&a);
    return 0;
}
