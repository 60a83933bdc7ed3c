/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is asked of the applier's keys, over a socket of its own: one question,
 * one answer. Frames are those of mesh/applier/wire.h.
 */
#ifndef UM_APPLIER_KEYWIRE_H
#define UM_APPLIER_KEYWIRE_H

#include "mesh/base/pb.h"

/** Questions, with the numbers that stand in frames. */
enum um_keywire_what {
    UM_KEYWIRE_PUBLIC = 1,  /**< the PublicKey protobuf of a key */
    UM_KEYWIRE_SIGN = 2,    /**< a signature of a text */
    UM_KEYWIRE_OPEN = 3,    /**< what is in a slot */
    UM_KEYWIRE_MAKE = 4,    /**< of OWNER and NEXT: one, unless there is one */
    UM_KEYWIRE_SUCCEED = 5, /**< NEXT becomes NODE, and that OLD */
    UM_KEYWIRE_LEAVE = 6    /**< the mesh was left; of OWNER: that key goes
                                 too, and the node gets another */
};

/** A question; borrows. */
struct um_keywire_ask {
    enum um_keywire_what what;
    unsigned key; /**< um_keyring_key */
    struct um_str bytes;
};

/** An answer; borrows. */
struct um_keywire_say {
    int err; /**< 0, or an error of p2p */
    struct um_str bytes;
};

/** Appends them as frames with their length. */
void um_keywire_put_ask(struct um_buf *out, const struct um_keywire_ask *a);
void um_keywire_put_say(struct um_buf *out, const struct um_keywire_say *s);

/** Reads a frame without its length. Errors: P2P_EFORMAT. */
int um_keywire_ask_read(struct um_str frame, struct um_keywire_ask *out);
int um_keywire_say_read(struct um_str frame, struct um_keywire_say *out);

#endif
