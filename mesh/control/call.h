/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A request while it is answered, shared by the files of this folder: what
 * there is, how an answer is given, and how a new document becomes one.
 */
#ifndef UM_CONTROL_CALL_H
#define UM_CONTROL_CALL_H

#include "mesh/control/ask.h"
#include "mesh/control/control.h"
#include "mesh/control/problem.h"
#include "mesh/control/trial.h"

/** A request that is being answered. */
struct um_call {
    struct um_arena *arena;
    const struct um_control_state *state;
    const struct um_control_request *req;
    const struct um_control_unit *unit; /**< what is to be adopted; NULL: the
                                             caller is to ask the Unit first */
    struct um_ask ask;
    struct um_meshdoc doc; /**< the document in force */
    bool derived; /**< what is shown is not of the document alone, so the
                       revision is no tag of it */
    struct um_val warnings; /**< about a change: texts for people */
    struct um_control_answer *out;
};

/** A new document, not checked yet. */
struct um_call_change {
    struct um_val root;
    struct um_str success; /**< what Unit says; empty: of the configuration */
    const struct um_trial_fresh *fresh; /**< what comes with it; or NULL */
    const struct um_member *secret;     /**< a variable that does; or NULL */
    struct um_str part;  /**< what is to be sealed first: of which part, */
    struct um_str name;  /**< under which name there; p NULL: nothing is */
    struct um_str bytes; /**< and what */
};

/** @name All return 0, the answer is given then, or P2P_ENOMEM. */
/**@{*/
/** Answers with a mistake. */
int um_call_refuse(struct um_call *c, const struct um_problem *p);
/** Answers with a mistake that has a title alone, or a detail, too. */
int um_call_say(struct um_call *c, unsigned status, const char *error,
                const char *detail);
/** Answers with a value. */
int um_call_show(struct um_call *c, const struct um_val *v);
/** Answers 200 with a body that is there already. */
int um_call_body(struct um_call *c, struct um_str body);
/** Answers with what a trial said, which is a mistake. */
int um_call_trial(struct um_call *c, const struct um_trial_answer *answer);
/** Answers 404, 405, 413, 500 for what mesh/doc/path.h says. */
int um_call_path(struct um_call *c, int rc);
/** Answers a JSON mistake, or 413, for what um_doc_parse says. */
int um_call_json(struct um_call *c, int rc, const struct um_doc_error *err);
/** Checks a new document and answers with it. */
int um_call_change(struct um_call *c, const struct um_call_change *change);
/** Checks a document with another base and answers with it. */
int um_call_base(struct um_call *c, const struct um_val *base);
/** Judges the conditions of the request. */
int um_call_conditions(struct um_call *c, bool exists, bool *go_on);
/**@}*/

/**
 * Puts a value at NAME of a part of the document ("variables"), or takes it
 * away (v NULL); a part that is not there is made, one that is empty goes.
 * @return 0, P2P_ELIMIT or P2P_ENOMEM
 */
int um_call_put(struct um_call *c, struct um_str part, struct um_str name,
                const struct um_val *v, struct um_val *root);

/**
 * {"sealed": HASH}, as the caller sealed it; zeros before that.
 * @return false if memory is out
 */
bool um_call_sealed(struct um_call *c, struct um_val *out);

/** @name The resources; ask.rest is what is behind them. */
/**@{*/
int um_config_answer(struct um_call *c);
int um_adopt_answer(struct um_call *c);
int um_files_answer(struct um_call *c, enum um_bundle_kind kind);
int um_parts_answer(struct um_call *c, const char *part);
/**@}*/

#endif
