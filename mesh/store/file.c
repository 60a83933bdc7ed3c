/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A new store is made beside its place, whole, and then renamed: so an empty
 * file, or one without tables, is never one that was not finished, and always
 * damage. A journal without its store is what is left of one: nothing is made
 * on top of it. SQLite would create files with the rights 0644; so it never
 * does, and its journals take the rights of the store.
 */
#include "mesh/store/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

#define HEADER_BYTES 100

/* Where a new store grows. */
#define NEW ".new"

/* How long another program may have the store when it is opened. */
#define BUSY_MS 250

static char *with_suffix(const struct um_store *s, const char *suffix)
{
    size_t len = strlen(s->path) + strlen(suffix) + 1;
    char *p = um_mem_alloc(len);

    if (p != NULL)
        (void)snprintf(p, len, "%s%s", s->path, suffix);
    return p;
}

static int no_memory(struct um_store *s)
{
    return um_trouble_sqlite(s, SQLITE_NOMEM);
}

/* Trouble of the system's: errno. */
static int of_system(struct um_store *s, const char *what)
{
    enum um_trouble trouble = errno == ENOSPC || errno == EDQUOT ? UM_STORE_FULL
                              : errno == EROFS || errno == EACCES
                                  ? UM_STORE_READONLY
                                  : UM_STORE_DISK;

    return um_trouble_set(s, trouble, "%s: %s", what, strerror(errno));
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* What the first bytes say. */
static int look_at_header(struct um_store *s, const uint8_t *header)
{
    static const char magic[16] = "SQLite format 3";

    if (memcmp(header, magic, sizeof magic) != 0)
        return um_trouble_set(s, UM_STORE_FOREIGN, "no database");
    if (big32(header + 68) != UM_STORE_APPLICATION)
        return um_trouble_set(s, UM_STORE_FOREIGN,
                              "a database of another program");
    if (big32(header + 60) == 0)
        return um_trouble_set(s, UM_STORE_FOREIGN,
                              "a database without a "
                              "version");
    if (big32(header + 60) > UM_STORE_SCHEMA)
        return um_trouble_set(s, UM_STORE_NEWER,
                              "written by a newer unitmesh: its version is "
                              "%lu, this one knows %d",
                              (unsigned long)big32(header + 60),
                              UM_STORE_SCHEMA);
    return 0;
}

static int look_at(struct um_store *s, int fd)
{
    uint8_t header[HEADER_BYTES];
    struct stat st;

    if (fstat(fd, &st) != 0)
        return of_system(s, "cannot be looked at");
    if (!S_ISREG(st.st_mode))
        return um_trouble_set(s, UM_STORE_FOREIGN, "not a file");
    if ((st.st_mode & 077) != 0)
        return um_trouble_set(s, UM_STORE_FOREIGN,
                              "others can read it (chmod 600 it)");
    if (st.st_size == 0)
        return um_trouble_set(s, UM_STORE_DAMAGED,
                              "damaged: it is empty; put a good copy in its "
                              "place");
    if (st.st_size < HEADER_BYTES)
        return um_trouble_set(s, UM_STORE_FOREIGN, "no database");
    if (pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header)
        return of_system(s, "cannot be read");
    return look_at_header(s, header);
}

int um_file_look(struct um_store *s)
{
    int fd = open(s->path,
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int err;

    if (fd < 0 && errno == ENOENT)
        return um_trouble_set(s, UM_STORE_ABSENT, "there is no such file");
    if (fd < 0 && errno == ELOOP)
        return um_trouble_set(s, UM_STORE_FOREIGN, "a link");
    if (fd < 0)
        return of_system(s, "cannot be opened");
    err = look_at(s, fd);
    (void)close(fd);
    return err;
}

static int connect_to(struct um_store *s, const char *path, int flags)
{
    int rc = sqlite3_open_v2(
        path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        NULL);

    if (rc == SQLITE_OK)
        rc = um_sum_register(s->db);
    if (rc != SQLITE_OK)
        return um_trouble_sqlite(s, rc);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_busy_timeout(s->db, BUSY_MS);
    return 0;
}

/* The path as a URI of what nobody writes to: no lock, no journal. */
static int connect_to_read(struct um_store *s)
{
    struct um_buf uri = UM_BUF_INIT;
    int err;

    um_buf_text(&uri, "file:");
    for (const char *p = s->path; *p != '\0'; p++) {
        if (isalnum((unsigned char)*p) || *p == '/')
            um_buf_byte(&uri, *p);
        else
            um_buf_fmt(&uri, "%%%02X", (unsigned char)*p);
    }
    um_buf_text(&uri, "?immutable=1");
    um_buf_byte(&uri, '\0');
    err = um_buf_failed(&uri)
              ? no_memory(s)
              : connect_to(s, uri.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    um_buf_fini(&uri);
    return err;
}

/* Whether there is a journal with something in it: 1, 0, or the error. */
static int has_journal(struct um_store *s)
{
    char *path = with_suffix(s, "-wal");
    struct stat st;
    int there;

    if (path == NULL)
        return no_memory(s);
    there = lstat(path, &st) == 0 && st.st_size > 0;
    um_mem_free(path);
    return there;
}

int um_file_connect(struct um_store *s)
{
    int err;

    if (!s->read) {
        err = connect_to(s, s->path, SQLITE_OPEN_READWRITE);
        if (err == 0 && sqlite3_db_readonly(s->db, "main") != 0)
            err = um_trouble_set(s, UM_STORE_READONLY, "cannot be written");
        return err;
    }
    err = has_journal(s);
    if (err > 0)
        return um_trouble_set(s, UM_STORE_READONLY,
                              "its -wal file holds changes that are not in it "
                              "yet: open it where it can be written");
    return err < 0 ? err : connect_to_read(s);
}

void um_file_disconnect(struct um_store *s)
{
    (void)sqlite3_close(s->db);
    s->db = NULL;
}

int um_file_run(struct um_store *s, const char *sql)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : um_trouble_sqlite(s, rc);
}

/* Removes the file with a suffix; fine if there is none. */
static int remove_one(struct um_store *s, const char *suffix)
{
    char *path = with_suffix(s, suffix);
    int err = path == NULL ? no_memory(s) : 0;

    if (err == 0 && unlink(path) != 0 && errno != ENOENT)
        err = of_system(s, "cannot be removed");
    um_mem_free(path);
    return err;
}

/* Removes what grew, or what an attempt that was cut off left. */
static void remove_new(struct um_store *s)
{
    (void)remove_one(s, NEW "-journal");
    (void)remove_one(s, NEW);
}

/* An empty file that nobody else can read. */
static int make_empty(struct um_store *s, const char *path)
{
    int fd =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return of_system(s, "cannot be made");
    (void)close(fd);
    return 0;
}

/* The tables in it; whole and on the disk when closed. */
static int fill(struct um_store *s, const char *path)
{
    char stamp[128];
    int err = connect_to(s, path, SQLITE_OPEN_READWRITE);

    (void)snprintf(stamp, sizeof stamp,
                   "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   UM_STORE_APPLICATION, UM_STORE_SCHEMA);
    if (err == 0)
        err = um_file_run(s,
                          "PRAGMA page_size = 4096; PRAGMA synchronous = "
                          "FULL; PRAGMA locking_mode = EXCLUSIVE; BEGIN");
    if (err == 0)
        err = um_file_run(s, stamp);
    if (err == 0)
        err = um_schema_make(s);
    if (err == 0)
        err = um_file_run(s, "COMMIT");
    um_file_disconnect(s);
    return err;
}

/* Sees to it that a file, or the folder it is in, is on the disk. */
static int sync_path(struct um_store *s, const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    int rv = fd < 0 ? -1 : fsync(fd);
    int err = rv == 0 ? 0 : of_system(s, "cannot be synced");

    if (fd >= 0)
        (void)close(fd);
    return err;
}

static int sync_folder(struct um_store *s)
{
    char *path = with_suffix(s, "");
    char *slash;
    int err;

    if (path == NULL)
        return no_memory(s);
    slash =
        strrchr(path, '/'); /* um_store_open() sees to it that it is there */
    slash[slash == path ? 1 : 0] = '\0';
    err = sync_path(s, path, O_DIRECTORY);
    um_mem_free(path);
    return err;
}

int um_file_make(struct um_store *s)
{
    char *path = with_suffix(s, NEW);
    int err = path == NULL ? no_memory(s) : has_journal(s);

    if (err > 0) /* there was a store */
        err = um_trouble_set(s, UM_STORE_DAMAGED,
                             "missing, but the -wal file of it is there: put "
                             "it back, or remove that too to begin anew");
    remove_new(s);
    if (err == 0)
        err = make_empty(s, path);
    if (err == 0)
        err = fill(s, path);
    if (err == 0)
        err = sync_path(s, path, 0);
    if (err == 0 && rename(path, s->path) != 0)
        err = of_system(s, "cannot be made");
    if (err == 0)
        err = sync_folder(s);
    else
        remove_new(s);
    um_mem_free(path);
    return err;
}

int um_file_remove(struct um_store *s)
{
    static const char *const suffixes[] = {"-wal", "-journal", ""};
    int err = 0;

    remove_new(s);
    for (size_t i = 0; i < 3 && err == 0; i++)
        err = remove_one(s, suffixes[i]);
    return err == 0 ? sync_folder(s) : err;
}
