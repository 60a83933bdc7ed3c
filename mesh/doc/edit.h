/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A copy of a value that may be changed in place, within the caps: what the
 * paths of the REST API and JSON Patch work on. A change that would make the
 * document too large or too deep is refused before it is made, and so is one
 * that is too much work.
 */
#ifndef UM_DOC_EDIT_H
#define UM_DOC_EDIT_H

#include "mesh/doc/value.h"

/** Members that all changes of one edit may copy. */
#define UM__CAP_DOC_EDIT_COPIES 1000000U

/** Members that all changes of one edit may look at or move. */
#define UM__CAP_DOC_EDIT_STEPS 100000000U

/** An edit. */
struct um_edit {
    struct um_arena *arena; /**< borrowed; where all is made */
    struct um_val root;     /**< the copy */
    struct um_val_size size;
    size_t copies;
    size_t steps;
};

/** A place in an edit: of a value, or where one would be put. */
struct um_spot {
    struct um_val *parent; /**< NULL: the root */
    size_t index;          /**< parent->count: there is nothing yet */
    struct um_str name;    /**< of a member */
    size_t depth;          /**< containers around it */
};

/**
 * Begins an edit of a copy of v.
 * @param arena borrowed until the edit is done
 * @return 0, P2P_ELIMIT (v itself is over a cap) or P2P_ENOMEM
 */
int um_edit_init(struct um_edit *e, struct um_arena *arena,
                 const struct um_val *v);

/** The place of the root. */
struct um_spot um_edit_root(void);

/** The value at a spot, valid until the next change; NULL: nothing there. */
struct um_val *um_edit_at(struct um_edit *e, const struct um_spot *spot);

/**
 * Goes from a spot to a member of the object there.
 * @return 0, P2P_ENOTFOUND (there is no object) or P2P_ELIMIT
 */
int um_edit_member(struct um_edit *e, struct um_spot *spot, struct um_str name);

/** The same to an element; one behind the last is a place, too. */
int um_edit_item(struct um_edit *e, struct um_spot *spot, size_t index);

/**
 * Follows a JSON pointer to a place: all but its last name must be there.
 * @return 0, P2P_ENOTFOUND, P2P_EINVAL, P2P_ELIMIT or P2P_ENOMEM
 */
int um_edit_locate(struct um_edit *e, struct um_str pointer,
                   struct um_spot *spot);

/**
 * Puts a copy of v in the place of the value at a spot.
 * @return 0, P2P_ELIMIT or P2P_ENOMEM
 */
int um_edit_replace(struct um_edit *e, const struct um_spot *spot,
                    const struct um_val *v);

/**
 * Puts a copy of v before an element, or behind the last member or element.
 * @return as um_edit_replace
 */
int um_edit_insert(struct um_edit *e, const struct um_spot *spot,
                   const struct um_val *v);

/**
 * Takes the value at a spot, which is not the root, out.
 * @param out the value, the edit's own; may be NULL
 * @return 0 or P2P_ELIMIT
 */
int um_edit_remove(struct um_edit *e, const struct um_spot *spot,
                   struct um_val *out);

/** Puts what um_edit_remove took out somewhere else, without a copy. */
int um_edit_move(struct um_edit *e, const struct um_spot *to,
                 const struct um_val *v);

/**
 * Calls the member at a spot otherwise; it stays where it is.
 * @param name lives as long as the edit's arena
 * @return 0, P2P_EEXIST or P2P_ELIMIT
 */
int um_edit_rename(struct um_edit *e, const struct um_spot *spot,
                   struct um_str name);

#endif
