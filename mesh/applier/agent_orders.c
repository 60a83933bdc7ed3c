/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See agent_inner.h. Happy path: the case of an order is judged; the document
 * and what it names are asked for by their hashes; the configuration is made;
 * the case is judged once more, since the node may have taken its time; what is
 * about to run is noted on disk; Unit is given it. An order ends with Unit's
 * word, or with why there is none: then the node may come again.
 */
#include <assert.h>
#include <stdio.h>

#include "mesh/applier/agent_inner.h"
#include "mesh/applier/facts.h"
#include "mesh/applier/scratch.h"
#include "mesh/doc/parse.h"
#include "p2p/err.h"

/* What a document names is known once it is here: two rounds, and two more if
 * what waited in front needed the room. A stash that is too small for all of it
 * would be asked for ever. */
#define MAX_ROUNDS 4U

static struct um_agent_job *job_of(struct um_agent *a, enum um_agent_slot slot)
{
    return &a->jobs[slot];
}

static void tell(struct um_agent *a, uint64_t number, enum um_result outcome,
                 struct um_str text)
{
    const struct um_wire_msg m = {.what = UM_WIRE_OUTCOME,
                                  .number = number,
                                  .outcome = (unsigned)outcome,
                                  .text = um_agent_text(text)};

    um_agent_say(a, &m);
}

void um_agent_no(struct um_agent *a, uint64_t number, struct um_str why)
{
    tell(a, number, UM_RESULT_NO_ANSWER, why);
}

/* An order has ended. */
static void end(struct um_agent *a, enum um_agent_slot slot,
                enum um_result outcome, struct um_str text)
{
    struct um_agent_job *j = job_of(a, slot);

    assert(j->busy);
    j->busy = false;
    um_buf_fini(&j->revisions);
    um_buf_fini(&j->facts);
    if (slot != UM_AGENT_LIST) {
        tell(a, j->number, outcome, text);
    }
}

void um_agent_forget_orders(struct um_agent *a)
{
    for (unsigned slot = 0; slot < UM_AGENT_SLOTS; slot++) {
        um_buf_fini(&a->jobs[slot].revisions);
        um_buf_fini(&a->jobs[slot].facts);
    }
    memset(a->jobs, 0, sizeof a->jobs);
}

void um_agent_missing(void *user, const struct um_name *hash)
{
    struct um_agent *a = user;
    const struct um_wire_msg m = {.what = UM_WIRE_WANT, .hash = *hash};

    if (um_stash_want(a->stash, hash)) {
        um_agent_say(a, &m);
    }
}

static int make(struct um_agent *a, const struct um_name *doc,
                struct um_maker_out *out)
{
    struct um_vault_papers papers = um_stash_port(a->stash);
    struct um_maker maker = {.vault = &a->vault};
    struct um_arena arena = UM_ARENA_INIT;
    struct um_buf copy = UM_BUF_INIT;
    struct um_str bytes;
    int rv = papers.get(papers.user, doc, &bytes);

    *out = (struct um_maker_out){.arena = UM_ARENA_INIT};
    if (rv == P2P_ENOTFOUND) {
        um_agent_missing(a, doc);
        return rv;
    }
    um_buf_str(&copy, bytes);
    rv = um_buf_failed(&copy)
             ? P2P_ENOMEM
             : um_facts_of(&arena, um_warden_roster(a->warden), &a->me,
                           um_str(a->cfg.name), &maker.facts);
    if (rv == 0) {
        rv = um_maker_make(&maker, um_buf_view(&copy), out);
    }
    um_buf_fini(&copy);
    um_arena_fini(&arena);
    return rv;
}

/* The items of a list as an array; false: there are too many. */
static bool spread(struct um_str list, struct um_str *out, size_t *n)
{
    struct um_str one;

    for (*n = 0; um_pb_list_next(&list, &one); ++*n) {
        if (*n == UM__CAP_CASE_ITEMS) {
            return false;
        }
        out[*n] = one;
    }
    return true;
}

/* A case; its lists are in the arena. */
static int read_case(struct um_arena *mem, struct um_str revisions,
                     struct um_str facts, struct um_case *out)
{
    struct um_str *r = um_arena_zalloc(mem, UM__CAP_CASE_ITEMS, sizeof *r);
    struct um_str *f = um_arena_zalloc(mem, UM__CAP_CASE_ITEMS, sizeof *f);

    *out = (struct um_case){.revisions = r, .facts = f};
    if (r == NULL || f == NULL) {
        return P2P_ENOMEM;
    }
    return spread(revisions, r, &out->revisions_n) &&
                   spread(facts, f, &out->facts_n)
               ? 0
               : P2P_ETOOBIG;
}

/* Whether an order is one, by its case and by what is known now. */
static int judge(struct um_agent *a, const struct um_agent_job *j,
                 struct um_order *out)
{
    struct um_arena mem = UM_ARENA_INIT;
    struct um_case c;
    int rv =
        read_case(&mem, um_buf_view(&j->revisions), um_buf_view(&j->facts), &c);

    if (rv == 0) {
        rv = um_warden_judge(a->warden, &j->revision, &c,
                             a->cfg.wall_ms(a->cfg.clock), out);
    }
    if (rv != 0 && rv != P2P_EACCES) {
        (void)snprintf(out->why, sizeof out->why, "the case: %s",
                       p2p_err_text(rv));
    }
    um_arena_fini(&mem);
    return rv;
}

void um_agent_hear(struct um_agent *a, const struct um_wire_msg *m)
{
    struct um_arena mem = UM_ARENA_INIT;
    struct um_case c;
    int rv = read_case(&mem, m->revisions, m->facts, &c);

    if (rv == 0) {
        rv = um_warden_hear(a->warden, &c);
    }
    if (rv != 0) {
        um_log_line(a->cfg.log, UM_LOG_WARN,
                    "the applier does not hear of what was confirmed: %s",
                    p2p_err_text(rv));
    }
    (void)um_agent_save(a, UM_WARDEN_RECORD);
    um_arena_fini(&mem);
}

/* Judges it, and ends what is none. */
static bool is_order(struct um_agent *a, enum um_agent_slot slot)
{
    struct um_agent_job *j = job_of(a, slot);
    struct um_order order;

    if (judge(a, j, &order) != 0) {
        um_log_line(a->cfg.log, UM_LOG_WARN, "the applier does not run %s: %s",
                    j->why, order.why);
        end(a, slot, UM_RESULT_NO_ANSWER, um_str(order.why));
        if (um_warden_wonders(a->warden)) { /* what Unit shows may tell */
            um_runner_look(a->runner);
        }
        return false;
    }
    j->doc = order.doc;
    return true;
}

/* What came of a revision goes into the record before anybody is told; the
 * outcome. A refusal that is not on the disk is nobody's word: another applier
 * would not let the node fall back from it. That Unit took it may be written in
 * a moment: until then the record has it as under way, and what Unit shows
 * settles that. */
static enum um_result keep(struct um_agent *a, const struct um_name *revision,
                           enum um_result outcome)
{
    um_warden_ended(a->warden, revision,
                    outcome == UM_RESULT_DONE      ? UM_WARDEN_RUNS
                    : outcome == UM_RESULT_REFUSED ? UM_WARDEN_REFUSED
                                                   : UM_WARDEN_UNKNOWN);
    if (outcome == UM_RESULT_DONE) {
        um_agent_save_soon(a);
        return outcome;
    }
    return um_agent_save(a, UM_WARDEN_RECORD) == 0 ||
                   outcome != UM_RESULT_REFUSED
               ? outcome
               : UM_RESULT_NO_ANSWER;
}

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct um_agent *a = user;
    const struct um_name *revision = &job_of(a, UM_AGENT_TRIAL)->revision;

    if (!um_name_none(revision)) {
        outcome = keep(a, revision, outcome);
    }
    end(a, UM_AGENT_TRIAL, outcome, text);
}

/* Notes an order, on disk, before Unit is touched; by the roster that is there
 * too. Ends what cannot be noted. */
static bool note(struct um_agent *a, enum um_agent_slot slot)
{
    const struct um_name *revision = &job_of(a, slot)->revision;

    um_warden_begins(a->warden, revision);
    um_warden_comes_to(a->warden, revision, &job_of(a, slot)->effective);
    if (um_agent_save(a, UM_WARDEN_ROSTER) != 0 ||
        um_agent_save(a, UM_WARDEN_RECORD) != 0) {
        um_warden_ended(a->warden, revision, UM_WARDEN_UNKNOWN);
        end(a, slot, UM_RESULT_NO_ANSWER,
            UM_STR("the applier cannot write its record"));
        return false;
    }
    um_agent_say_record(a);
    return true;
}

/* Notes what Unit was seen to run. It ran before anybody asked, so the disk has
 * it in a moment. */
static void note_seen(struct um_agent *a, const struct um_agent_job *j)
{
    um_warden_begins(a->warden, &j->revision);
    um_warden_comes_to(a->warden, &j->revision, &j->effective);
    um_warden_ended(a->warden, &j->revision, UM_WARDEN_RUNS);
    if (um_agent_save(a, UM_WARDEN_ROSTER) == 0) {
        um_agent_save_soon(a);
    }
    um_agent_say_record(a);
}

static void give(struct um_agent *a, enum um_agent_slot slot,
                 const struct um_maker_out *out)
{
    struct um_agent_job *j = job_of(a, slot);
    const struct um_runner_config c = {.revision = j->revision,
                                       .effective = out->effective,
                                       .config = out->config,
                                       .bundles = out->bundles,
                                       .bundles_n = out->bundles_n,
                                       .why = j->why,
                                       .mask = out->mask};

    if (!um_name_none(&j->revision) && (!is_order(a, slot) || !note(a, slot))) {
        return;
    }
    assert(!j->given);
    j->given = true;
    if (slot == UM_AGENT_RUN) {
        um_runner_apply(a->runner, &c);
    } else if (um_runner_try(a->runner, &c, on_tried, a) != 0) {
        um_warden_ended(a->warden, &j->revision, UM_WARDEN_UNKNOWN);
        end(a, slot, UM_RESULT_NO_ANSWER, UM_STR("another trial"));
    }
}

static void on_scratched(void *user, enum um_result outcome, struct um_str text)
{
    end(user, UM_AGENT_SCRATCH, outcome, text);
}

/* The policy is asked of the configuration as it would run; false: it is
 * against it, and that was told. */
static bool is_allowed(struct um_agent *a, const struct um_maker_out *out)
{
    struct um_buf words = UM_BUF_INIT, room = UM_BUF_INIT;
    enum um_result rv = um_runner_judge(a->cfg.policy, out->config, &words);

    if (rv != UM_RESULT_DONE) {
        end(a, UM_AGENT_SCRATCH, rv,
            um_str(um_mask_say(&out->mask, um_buf_view(&words), &room)));
    }
    um_buf_fini(&words);
    um_buf_fini(&room);
    return rv == UM_RESULT_DONE;
}

/* Gives the scratch Unit what it takes of a configuration; where there is none
 * the policy was all. */
static void give_scratch(struct um_agent *a, const struct um_maker_out *out)
{
    struct um_agent_job *j = job_of(a, UM_AGENT_SCRATCH);
    struct um_buf config = UM_BUF_INIT;
    struct um_runner_config c = {.effective = out->effective,
                                 .bundles = out->bundles,
                                 .bundles_n = out->bundles_n,
                                 .why = j->why,
                                 .mask = out->mask};
    int rv = 0;

    if (!is_allowed(a, out)) {
        return;
    }
    if (a->scratch == NULL) {
        end(a, UM_AGENT_SCRATCH, UM_RESULT_DONE, UM_STR(""));
        return;
    }
    j->given = true;
    rv = um_scratch_config(out->config, a->cfg.scratch.folder,
                           ++a->scratch_turn, &config);
    c.config = um_buf_view(&config);
    if (rv == 0) {
        rv = um_runner_try(a->scratch, &c, on_scratched, a);
    }
    if (rv != 0) {
        end(a, UM_AGENT_SCRATCH, UM_RESULT_NO_ANSWER, um_str(p2p_err_text(rv)));
    }
    if (config.p != NULL) {
        explicit_bzero(config.p, config.len);
    }
    um_buf_fini(&config);
}

/* What this node can make nothing of is as if its Unit had refused it; what
 * runs here already, by a trial or by somebody's hand, as if it had been given
 * to Unit. */
static void examined(struct um_agent *a, int rv, const struct um_maker_out *out)
{
    const struct um_agent_job *j = job_of(a, UM_AGENT_EXAMINE);
    const struct um_runner_config c = {.effective = out->effective,
                                       .config = out->config};

    if (rv == P2P_EFORMAT) {
        (void)keep(a, &j->revision, UM_RESULT_REFUSED);
    } else if (um_runner_runs(a->runner, &c)) {
        if (!is_order(a, UM_AGENT_EXAMINE)) {
            return;
        }
        note_seen(a, j);
    }
    end(a, UM_AGENT_EXAMINE,
        rv == P2P_EFORMAT ? UM_RESULT_REFUSED : UM_RESULT_DONE, out->why);
}

/* A configuration was made, or cannot be. */
static void made(struct um_agent *a, enum um_agent_slot slot, int rv,
                 const struct um_maker_out *out)
{
    struct um_agent_job *j = job_of(a, slot);

    if (slot == UM_AGENT_LIST) {
        um_runner_listed(a->runner, out->bundles, out->bundles_n);
        j->busy = false;
    } else if (slot == UM_AGENT_EXAMINE) {
        examined(a, rv, out);
    } else if (rv != 0) {
        end(a, slot, UM_RESULT_NO_ANSWER, out->why);
    } else if (!um_name_eq(&out->effective, &j->effective)) {
        end(a, slot, UM_RESULT_NO_ANSWER,
            UM_STR("what is to be given to Unit is another by now"));
    } else if (slot == UM_AGENT_SCRATCH) {
        give_scratch(a, out);
    } else {
        give(a, slot, out);
    }
}

/* Tries to make one; whether it is not waiting any more. */
static bool go_on(struct um_agent *a, enum um_agent_slot slot)
{
    struct um_agent_job *j = job_of(a, slot);
    struct um_maker_out out;
    int rv = make(a, &j->doc, &out);
    bool waits = rv == P2P_ENOTFOUND && um_stash_awaits(a->stash) > 0 &&
                 ++j->rounds <= MAX_ROUNDS;

    if (rv == 0 || rv == P2P_EFORMAT) {
        made(a, slot, rv, &out);
    } else if (!waits) {
        end(a, slot, UM_RESULT_NO_ANSWER,
            rv == P2P_ENOTFOUND
                ? UM_STR("something that the document names is not here")
                : um_str(p2p_err_text(rv)));
    }
    um_maker_fini(&out);
    return !waits;
}

/* Goes on with all that waits; what is in front holds up what is behind. */
static void go_on_all(struct um_agent *a)
{
    for (unsigned slot = 0; slot < UM_AGENT_SLOTS; slot++) {
        const struct um_agent_job *j = job_of(a, (enum um_agent_slot)slot);

        if (j->busy && !j->given && !go_on(a, (enum um_agent_slot)slot)) {
            return;
        }
    }
}

void um_agent_paper(struct um_agent *a, const struct um_wire_msg *m)
{
    int rv = um_stash_came(a->stash, &m->hash, m->bytes);

    if (rv != 0) {
        um_log_line(a->cfg.log, UM_LOG_WARN,
                    "the applier does not take a document: %s",
                    p2p_err_text(rv));
    }
    if (um_stash_lacks(a->stash)) {
        for (unsigned slot = 0; slot < UM_AGENT_SLOTS; slot++) {
            if (a->jobs[slot].busy && !a->jobs[slot].given) {
                end(a, (enum um_agent_slot)slot, UM_RESULT_NO_ANSWER,
                    UM_STR("a document is not here"));
            }
        }
    }
    if (um_stash_awaits(a->stash) == 0) {
        go_on_all(a);
    }
}

void um_agent_list(struct um_agent *a, const struct um_name *doc)
{
    *job_of(a, UM_AGENT_LIST) =
        (struct um_agent_job){.busy = true, .doc = *doc};
    go_on_all(a);
}

/* Takes an order into its place; NULL: another one is there, and that was
 * told. */
static struct um_agent_job *place(struct um_agent *a, enum um_agent_slot slot,
                                  const struct um_wire_msg *m)
{
    struct um_agent_job *j = job_of(a, slot);

    if (j->busy) {
        um_agent_no(a, m->number, UM_STR("another order is under way"));
        return NULL;
    }
    *j = (struct um_agent_job){.busy = true,
                               .number = m->number,
                               .revision = m->revision,
                               .doc = m->hash,
                               .effective = m->effective};
    (void)snprintf(j->why, sizeof j->why, "%.*s",
                   m->text.len < sizeof j->why ? (int)m->text.len : 0,
                   m->text.len > 0 ? m->text.p : "");
    return j;
}

static enum um_agent_slot slot_of(enum um_wire_order order)
{
    return order == UM_WIRE_RUN    ? UM_AGENT_RUN
           : order == UM_WIRE_BACK ? UM_AGENT_TRIAL
                                   : UM_AGENT_EXAMINE;
}

void um_agent_order(struct um_agent *a, const struct um_wire_msg *m)
{
    enum um_agent_slot slot = slot_of(m->order);
    struct um_agent_job *j = place(a, slot, m);

    if (j == NULL) {
        return;
    }
    um_buf_str(&j->revisions, m->revisions);
    um_buf_str(&j->facts, m->facts);
    if (um_buf_failed(&j->revisions) || um_buf_failed(&j->facts)) {
        end(a, slot, UM_RESULT_NO_ANSWER, um_str(p2p_err_text(P2P_ENOMEM)));
    } else if (is_order(a, slot)) {
        go_on_all(a);
    }
}

/* A document that is no revision yet, for a Unit or the other. */
static void try_out(struct um_agent *a, enum um_agent_slot slot,
                    const struct um_wire_msg *m, const char *why)
{
    struct um_agent_job *j = place(a, slot, m);

    if (j == NULL) {
        return;
    }
    (void)snprintf(j->why, sizeof j->why, "%s", why);
    if (!um_warden_may_try(a->warden)) {
        end(a, slot, UM_RESULT_NO_ANSWER,
            UM_STR("this node may not write, so it has nothing to try"));
        return;
    }
    go_on_all(a);
}

void um_agent_try(struct um_agent *a, const struct um_wire_msg *m)
{
    try_out(a, UM_AGENT_TRIAL, m, "a change, on trial");
}

void um_agent_scratch(struct um_agent *a, const struct um_wire_msg *m)
{
    try_out(a, UM_AGENT_SCRATCH, m, "a change, on the scratch Unit");
}

void um_agent_applied(void *user, enum um_result outcome,
                      const struct um_name *revision,
                      const struct um_name *effective, struct um_str text)
{
    struct um_agent *a = user;

    (void)effective;
    end(a, UM_AGENT_RUN, keep(a, revision, outcome), text);
}
