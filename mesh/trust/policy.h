/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A node's own policy: what it does not run, whoever signed it. It is a file
 * beside the node's state, never part of a document and never sent. Its form
 * is docs/reference/policy.md.
 *
 *     um_policy_parse(&arena, text, &policy, &err)   once, at the start
 *     um_policy_judge(&policy, &config, &found)   for each revision
 */
#ifndef UM_TRUST_POLICY_H
#define UM_TRUST_POLICY_H

#include "mesh/doc/error.h"
#include "mesh/doc/pattern.h"
#include "mesh/doc/problems.h"
#include "mesh/doc/value.h"
#include "mesh/trust/range.h"

/** Bytes of a policy's file. */
#define UM__CAP_POLICY_BYTES 262144U

/** Entries of each list of a policy. */
#define UM__CAP_POLICY_ENTRIES 256U

/** Pointers of a policy, all kinds together: each is carried along to each
 * value of a configuration. */
#define UM__CAP_POLICY_POINTERS 128U

/** Names that are allowed, and those that are not; NULL: not said. They are
 * arrays of strings; "*" at the end of one is any ending. */
struct um_policy_names {
    const struct um_val *only, *not ;
};

/** The same of addresses. */
struct um_policy_ranges {
    const struct um_range *only, *not ;
    size_t only_count, not_count;
    bool only_said;
};

/** Folders, clean; said is false: anywhere. */
struct um_policy_folders {
    const struct um_str *folder;
    size_t count;
    bool said;
};

/** What a pointer of the policy says about what it points to. */
enum um_policy_rule {
    UM_POLICY_ONLY, /**< it may be there; what no such pointer has may not */
    UM_POLICY_NOT,  /**< it may not be there */
    UM_POLICY_MOST, /**< it is not more than value */
    UM_POLICY_MUST, /**< it is there, and is value */
};

/** A pointer of the policy. */
struct um_policy_pointer {
    enum um_policy_rule rule;
    struct um_pattern pattern;
    const struct um_val *value; /**< MOST: a number; MUST: anything */
};

/** A policy; its parts live in the arena that it was parsed into. */
struct um_policy {
    bool refuses_all;       /**< the file could not be read */
    bool refuses_unknown;   /**< members that this daemon does not know */
    bool refuses_links;     /**< shares that follow links or cross mounts */
    bool refuses_templates; /**< JavaScript in back-ticks */
    const struct um_val *bytes, *members, *depth; /**< numbers, or NULL */
    struct um_policy_pointer *pointer;
    size_t pointer_count;
    bool only_said; /**< there is a list of UM_POLICY_ONLY, perhaps empty */
    struct um_policy_names types, users, groups, modules, environment;
    struct um_policy_names php_options, java_options, scripts, tls_commands;
    const struct um_val *processes; /**< a number, or NULL */
    const struct um_val *commands;  /**< arrays of strings */
    struct um_policy_folders programs, files, written, roots, cgroups;
    struct um_policy_ranges listeners, targets;
};

/** A policy that refuses nothing: that of a node without a file. */
void um_policy_default(struct um_policy *out);

/**
 * Reads a policy. Whatever is not as it should be is an error: a policy that is
 * read half would refuse half.
 * @param a where it lives
 * @param text borrowed for the call only
 * @param err may be NULL; says what, with pointer, line and column
 * @return 0, P2P_EFORMAT, P2P_ETOOBIG, P2P_ELIMIT (too long a list) or
 *         P2P_ENOMEM; then out refuses everything
 */
int um_policy_parse(struct um_arena *a, struct um_str text,
                    struct um_policy *out, struct um_doc_error *err);

/**
 * Judges the configuration of this node, with overlays and variables done, as
 * it is about to be given to Unit.
 * @param out what is refused is added, each with its pointer; texts name no
 *        value, so that they can be told to others
 * @return 0: it may run; P2P_EACCES: it is refused; P2P_ENOMEM
 */
int um_policy_judge(const struct um_policy *p, const struct um_val *config,
                    struct um_problems *out);

#endif
