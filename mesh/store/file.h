/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The store's file before SQLite has it: whether it is one of ours, and how a
 * new one comes to be; private to this folder.
 */
#ifndef UM_STORE_FILE_H
#define UM_STORE_FILE_H

#include "mesh/store/query.h"

/** What stands in the file's header: "umsh". */
#define UM_STORE_APPLICATION 0x756d7368

/** The version of the schema. A store of a later one is not touched. */
#define UM_STORE_SCHEMA 1

/** Looks at the file: plain, the owner's alone, ours, of a version we know.
 * Errors: s->trouble; nothing was changed. */
int um_file_look(struct um_store *s);

/** Makes a new store, whole or not at all. Errors: s->trouble. */
int um_file_make(struct um_store *s);

/** Removes the file, and what belongs to it. Errors: s->trouble. */
int um_file_remove(struct um_store *s);

/** Opens s->db; nothing is read, and closing would take no journal in. Errors:
 * s->trouble. */
int um_file_connect(struct um_store *s);

/** Closes s->db. */
void um_file_disconnect(struct um_store *s);

/** Runs SQL that gives no rows. Errors: s->trouble. */
int um_file_run(struct um_store *s, const char *sql);

/** Makes the tables. Errors: s->trouble. */
int um_schema_make(struct um_store *s);

/** Whether the tables are those that um_schema_make() makes. Errors:
 * s->trouble. */
int um_schema_look(struct um_store *s);

#endif
