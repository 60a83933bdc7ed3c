/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Documents that a node needs no more go (rule 11): not those that it may have
 * to run, nor those of the latest revisions, nor what these name. Headers stay,
 * so a document that somebody asks for later can be had from who kept it.
 */
#ifndef UM_NODE_PRUNE_H
#define UM_NODE_PRUNE_H

#include "mesh/node/node.h"

/** Documents of so many of the latest revisions are kept, and so many bytes of
 * them. */
#define UM_PRUNE_REVISIONS 256U
#define UM_PRUNE_BYTES     (64U << 20)

/** Nothing goes before the store has so many. */
#define UM_PRUNE_DOCUMENTS 512U

/** The most that go at a time; more go the next time. */
#define UM_PRUNE_AT_ONCE 1024U

/** How much is kept, at least. */
struct um_prune_limits {
    size_t revisions; /**< documents of so many of the latest */
    uint64_t bytes;   /**< and so many bytes of them */
    size_t documents; /**< nothing goes before there are so many */
};

/**
 * Looks through the store, and drops what is needed no more: in the disk's row.
 * @return how many go; P2P_ENOMEM, the store's errors
 */
int um_prune_run(struct um_node *n);

/** The same with other limits than those above. */
int um_prune_to(struct um_node *n, const struct um_prune_limits *limits);

#endif
