/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The configuration checker's engine: tables of what an object may hold, and
 * errors in Unit's words. The tables are in standin_schema.c.
 */
#ifndef UM_STANDIN_CHECK_H
#define UM_STANDIN_CHECK_H

#include "mesh/base/buf.h"
#include "mesh/standin/modules.h"
#include "mesh/standin/value.h"

enum { UM_SCHECK_DETAIL_MAX = 2048 /**< bytes of an error's detail */ };

/** Sets of value types. */
enum {
    UM_ST_NULL = 1 << UM_SVAL_NULL,
    UM_ST_BOOLEAN = 1 << UM_SVAL_BOOLEAN,
    UM_ST_INTEGER = 1 << UM_SVAL_INTEGER,
    UM_ST_NUMBER = 1 << UM_SVAL_NUMBER | UM_ST_INTEGER,
    UM_ST_STRING = 1 << UM_SVAL_STRING,
    UM_ST_ARRAY = 1 << UM_SVAL_ARRAY,
    UM_ST_OBJECT = 1 << UM_SVAL_OBJECT,
    UM_ST_ANY = UM_ST_NULL | UM_ST_BOOLEAN | UM_ST_NUMBER | UM_ST_STRING |
                UM_ST_ARRAY | UM_ST_OBJECT,
};

/** What a rule asks beyond the type. */
enum {
    UM_SR_REQUIRED = 1, /**< the member must be there */
    UM_SR_TEMPLATE = 2, /**< a string may be a template */
    UM_SR_NJS = 4,      /**< known only to a Unit with njs */
};

/** The way from the root to the value that is looked at. */
struct um_scheck_path {
    const struct um_scheck_path *up;
    struct um_str name;
};

/** One check of one configuration. */
struct um_scheck {
    const struct um_sval *conf; /**< the whole of it */
    bool freeunit;              /**< the flavour: more checks, more said */
    bool njs;
    const struct um_smodules *modules;
    /** Is there a certificate, a JS module, of that name? */
    bool (*has_cert)(const void *arg, struct um_str name);
    bool (*has_script)(const void *arg, struct um_str name);
    const void *arg;
    const struct um_scheck_path *path;
    const char *context; /**< what the values that follow are a pattern for */
    struct um_buf detail;
    struct um_buf pointer;    /**< JSON pointer to what is wrong (freeunit) */
    bool located;             /**< pointer says something, be it the root */
    struct um_str suggestion; /**< a name that may have been meant, or empty */
};

struct um_srule;

/** Checks a value by a rule. Returns 0, P2P_EFORMAT, P2P_ENOMEM, P2P_ELIMIT. */
typedef int um_scheck_fn(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule);

/** Checks a member that may have any name. */
typedef int um_scheck_member_fn(struct um_scheck *ck, struct um_str name,
                                const struct um_sval *v);

/** Checks an element of an array. */
typedef int um_scheck_element_fn(struct um_scheck *ck, const struct um_sval *v);

/**
 * What an object may hold: one member. A table ends with a rule without a
 * name; if that has members, the table goes on there.
 */
struct um_srule {
    struct um_str name;
    unsigned types; /**< UM_ST_… */
    unsigned flags; /**< UM_SR_… */
    um_scheck_fn *check;
    const struct um_srule *members;
    um_scheck_member_fn *member;
    um_scheck_element_fn *element;
    const char *text;
};

/**
 * Reports an error.
 * @param fmt text with %V for a struct um_str *, %s for a C string and %d for
 *        an int
 * @return P2P_EFORMAT, or P2P_ENOMEM
 */
int um_scheck_fail(struct um_scheck *ck, const char *fmt, ...);

/** The same about a member of the value that is looked at. */
int um_scheck_fail_at(struct um_scheck *ck, struct um_str member,
                      const char *fmt, ...);

/** Checks a value's type; name is NULL for the root. */
int um_scheck_type(struct um_scheck *ck, const struct um_str *name,
                   const struct um_sval *v, unsigned types);

/** Checks a template that stands as the value called name. */
int um_scheck_template(struct um_scheck *ck, struct um_str name,
                       struct um_str s);

/** Checks the members of an object by a table. */
int um_scheck_members(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *table);

/** Checks each member of an object by a function. */
int um_scheck_each_member(struct um_scheck *ck, const struct um_sval *v,
                          um_scheck_member_fn *fn);

/** Checks each element of an array by a function. */
int um_scheck_each_element(struct um_scheck *ck, const struct um_sval *v,
                           um_scheck_element_fn *fn);

/** Checks an array's elements, or v itself if it is none. */
int um_scheck_one_or_each(struct um_scheck *ck, const struct um_sval *v,
                          um_scheck_element_fn *fn);

/** @name Rules' check functions: an object by members, by member, by element */
/**@{*/
um_scheck_fn um_scheck_object;
um_scheck_fn um_scheck_any_members;
um_scheck_fn um_scheck_elements;
/**@}*/

/**
 * Checks ck->conf, all of it.
 * @return 0; P2P_EFORMAT: detail and the rest say why; P2P_ENOMEM;
 *         P2P_ELIMIT: Unit's process would die of it
 */
int um_scheck_run(struct um_scheck *ck);

/** Frees what a check has said. */
void um_scheck_fini(struct um_scheck *ck);

#endif
