/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The head of an HTTP/1.x request, read as Unit reads it: bare line feeds and
 * empty lines in front are fine, spaces in the target too, absolute targets
 * and lower-case methods are not.
 */
#ifndef UM_STANDIN_STANDIN_HEAD_H
#define UM_STANDIN_STANDIN_HEAD_H

#include <stdint.h>

#include "mesh/base/str.h"

/** Fields of a head that are kept; more are read and dropped. */
#define UM__CAP_STANDIN_FIELDS 64U

/** Request line and fields of a control request; closed beyond, as by Unit. */
#define UM__CAP_STANDIN_HEAD_BYTES 1024U

enum {
    UM_SHEAD_NAME_MAX = 255,  /**< bytes of a field's name */
    UM_SHEAD_PATH_MAX = 8192, /**< room for a normalised path */
};

/** A field as it came, without the blanks around the value. Borrows. */
struct um_shead_field {
    struct um_str name;
    struct um_str value;
};

/** A request's head; its views borrow the bytes that were read. */
struct um_shead {
    struct um_str method;
    struct um_str target; /**< as it came, query and all */
    struct um_str path;   /**< normalised; in raw bytes or in path_room */
    struct um_str query;  /**< behind the question mark */
    char minor;           /**< the digit behind "HTTP/1." */
    struct um_shead_field fields[UM__CAP_STANDIN_FIELDS];
    size_t field_count;
    uint64_t body_length; /**< the last Content-Length, 0 without one */
    bool body_length_bad; /**< a Content-Length was no number */
    size_t length;        /**< bytes of the whole head */
    char path_room[UM_SHEAD_PATH_MAX];
};

/**
 * Reads a head from the beginning of the bytes that have come so far.
 * @param bytes borrowed as long as the head is used
 * @param keep_slashes true: "%2F" and "%25" stay as they are in the path (the
 *        control API, whose names may hold slashes); false: they are decoded
 * @return 0, P2P_EAGAIN (more bytes are needed) or P2P_EPROTO
 */
int um_shead_read(struct um_str bytes, bool keep_slashes, struct um_shead *h);

/** The last field of that name, case ignored; p is NULL if there is none. */
struct um_str um_shead_field(const struct um_shead *h, struct um_str name);

#endif
