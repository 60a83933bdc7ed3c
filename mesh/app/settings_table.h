/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The table of settings. Each is a flag of `unitmesh run` and `unitmesh
 * applier`, a variable of the environment and a line of the settings file; the
 * help, docs/reference/settings.md and packaging/unitmesh.conf are made of it.
 */
#ifndef UM_APP_SETTINGS_TABLE_H
#define UM_APP_SETTINGS_TABLE_H

#include <stddef.h>

/** The settings, in the order in which people are shown them. */
enum um_setting {
    UM_SETTING_UNIT,
    UM_SETTING_UNIT_LOG,
    UM_SETTING_DRIFT,
    UM_SETTING_POLICY,
    UM_SETTING_SCRATCH_UNIT,
    UM_SETTING_LISTEN,
    UM_SETTING_PEER,
    UM_SETTING_RELAY,
    UM_SETTING_BOOTSTRAP,
    UM_SETTING_PUBLIC,
    UM_SETTING_PORTMAP,
    UM_SETTING_DISCOVERY,
    UM_SETTING_NO_MDNS,
    UM_SETTING_JOIN_FILE,
    UM_SETTING_BIND,
    UM_SETTING_REST,
    UM_SETTING_METRICS_TOKEN,
    UM_SETTING_READ_TOKEN,
    UM_SETTING_NO_UI,
    UM_SETTING_NAME,
    UM_SETTING_STATE,
    UM_SETTING_CONTROL,
    UM_SETTING_LOG_LEVEL,
    UM_SETTING_LOG_FORMAT,
    UM_SETTING_USER,
    UM_SETTING_APPLIER,
    UM_SETTING_NO_CONFINE,
    UM_SETTING_UNIT_LISTEN,
    UM_SETTING_UNIT_MODULES,
    UM_SETTING_UNIT_FLAVOUR,
    UM_SETTING_ARTICLE,
    UM_SETTING_SETTINGS,
    UM_SETTINGS
};

/** What else is known of one. */
enum um_setting_mark {
    UM_SETTING_MANY = 1,    /**< it may be given more than once */
    UM_SETTING_APPLIES = 2, /**< an applier of its own heeds it, too */
    UM_SETTING_OUTSIDE = 4  /**< it cannot stand in the file */
};

/** A row. */
struct um_setting_row {
    const char *name; /**< of the flag and in the file */
    const char *arg;  /**< what it takes; NULL: yes or no */
    const char *text;
    const char *otherwise; /**< in words: what holds if nobody says */
    const char *sample;    /**< a value, as the file shows one */
    unsigned marks;        /**< of enum um_setting_mark */
};

/** The rows, by enum um_setting. */
extern const struct um_setting_row um_setting_rows[UM_SETTINGS];

/** Bytes of the name of a variable. */
#define UM_SETTING_VARIABLE 40

/** The variable of a setting: UNITMESH_LOG_LEVEL. */
const char *um_setting_variable(enum um_setting which,
                                char out[UM_SETTING_VARIABLE]);

/** The setting of a name; UM_SETTINGS: there is none. */
enum um_setting um_setting_find(const char *name);

/** The name that is nearest to one that is none; "": none is near. It is valid
 * for ever. */
const char *um_setting_nearest(const char *name);

/** Prints a line of help for each. */
void um_setting_help(void);

#endif
