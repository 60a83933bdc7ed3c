/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Which nodes an overlay is for: "all", "group:NAME", "label:KEY=VALUE",
 * "node:NAME" or "node:ID". A node is in group NAME if its label "group" is
 * NAME, or a list with commas that has it.
 */
#ifndef UM_DOC_SELECTOR_H
#define UM_DOC_SELECTOR_H

#include "mesh/base/str.h"

/** A label of a node; neither of the two has a NULL p. */
struct um_label {
    struct um_str key;
    struct um_str value;
};

/** What is known of a node; all borrowed. */
struct um_node_facts {
    struct um_str id;   /**< its peer id, as text */
    struct um_str name; /**< what people call it; may be empty */
    const struct um_label *labels;
    size_t label_count;
};

/** Kinds of selectors, in the order in which overlays are applied. */
enum um_selector_kind {
    UM_SELECTOR_ALL,
    UM_SELECTOR_GROUP,
    UM_SELECTOR_LABEL,
    UM_SELECTOR_NODE,
};

/** A selector; it views the text that it was read from. */
struct um_selector {
    enum um_selector_kind kind;
    struct um_str key;   /**< LABEL */
    struct um_str value; /**< of the group, the label, the node */
    struct um_str order; /**< what stands behind the colon */
};

/**
 * Reads a selector.
 * @return false if it is none
 */
bool um_selector_parse(struct um_str text, struct um_selector *out);

/** True if the selector selects that node. */
bool um_selector_matches(const struct um_selector *s,
                         const struct um_node_facts *node);

/** Orders selectors: by kind, then by the bytes behind the colon. */
int um_selector_compare(const struct um_selector *a,
                        const struct um_selector *b);

/** The value of a label of a node; p is NULL if it has none. */
struct um_str um_selector_label(const struct um_node_facts *node,
                                struct um_str key);

#endif
