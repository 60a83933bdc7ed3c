/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a configuration of Unit can reach on the machine that it runs on: each
 * member that names a program, a file, a user, an address, or a way to change
 * one of these, of Unit 1.35 and freeunit 1.36, with and without njs and
 * OpenTelemetry. Every other known member is here too, as harmless: what is not
 * here, nobody has looked at.
 */
#ifndef UM_TRUST_REACH_H
#define UM_TRUST_REACH_H

#include "mesh/doc/language.h"

/** What a text, or the name of a member, stands for. */
enum um_reach {
    UM_REACH_PLAIN,       /**< reaches nothing */
    UM_REACH_APPLICATION, /**< an object whose members depend on its type */
    UM_REACH_PROGRAM,     /**< what is run, or where it is looked for */
    UM_REACH_EARLY,       /**< a program that is read before "rootfs" is */
    UM_REACH_PHP_SCRIPT,  /**< below the "root" beside it */
    UM_REACH_PHP_INDEX,   /**< below any folder of the "root" beside it */
    UM_REACH_MODULE,      /**< the name of a Python module */
    UM_REACH_JAVA_OPTION, /**< an option of the virtual machine */
    UM_REACH_PROCESSES,   /**< how many of them */
    UM_REACH_USER,
    UM_REACH_GROUP,
    UM_REACH_SHARE,    /**< files that anybody may read */
    UM_REACH_INDEX,    /**< behind a share that ends with a slash */
    UM_REACH_WRITTEN,  /**< a file or folder that is written, often as root */
    UM_REACH_ROOT,     /**< what becomes the root of an application */
    UM_REACH_CGROUP,   /**< below /sys/fs/cgroup */
    UM_REACH_TEMPLATE, /**< perhaps JavaScript */
    UM_REACH_REWRITE,  /**< the same; changes what $uri is */
    UM_REACH_SCRIPT,   /**< the name of a JavaScript module */
    UM_REACH_PROXY,    /**< an address that is connected to */
    UM_REACH_ENDPOINT, /**< the same, as a URL */
    /* Names of members. */
    UM_REACH_ENVIRONMENT,
    UM_REACH_PHP_OPTION,
    UM_REACH_TLS_COMMAND,
    UM_REACH_LISTENER, /**< an address that is listened at */
    UM_REACH_SERVER,   /**< one that is connected to */
};

/** What may stand somewhere. */
struct um_reach_rule {
    struct um_str name;
    enum um_reach text;  /**< of a text */
    enum um_reach names; /**< of an object's names, if it has any */
    /** Of an object: the members, up to one without a name; if that has
     * members, the table goes on there. */
    const struct um_reach_rule *members;
    const struct um_reach_rule *each;  /**< or of any member */
    const struct um_reach_rule *items; /**< of an element; NULL: this one */
};

/** The whole configuration. */
extern const struct um_reach_rule um_reach_config;

/** The rule of a member, or NULL: it is not known. */
const struct um_reach_rule *um_reach_member(const struct um_reach_rule *table,
                                            struct um_str name);

/** The members of an application. */
const struct um_reach_rule *um_reach_application(enum um_language language);

#endif
