/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Identities of the tool: from a seed, a file, or new; and `p2p key`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"

int key_type_of(const char *name)
{
    static const struct {
        const char *name;
        enum p2p_key_type type;
    } types[] = {{"ed25519", P2P_KEY_ED25519},
                 {"secp256k1", P2P_KEY_SECP256K1},
                 {"ecdsa", P2P_KEY_ECDSA},
                 {"rsa", P2P_KEY_RSA}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return (int)types[i].type;
        }
    }
    return P2P_EINVAL;
}

int key_load(const char *path, struct p2p_key **out)
{
    uint8_t pb[P2P_PRIVKEY_MAX + 1];
    FILE *f = fopen(path, "rb");
    struct stat st;
    size_t len;
    int rv = 0;

    *out = NULL;
    if (f == NULL) {
        return errno == ENOENT   ? P2P_ENOTFOUND
               : errno == EACCES ? P2P_EACCES
                                 : P2P_EIO;
    }
    if (fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
        rv = P2P_EIO;
    } else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        rv = P2P_EACCES;
    }
    len = rv == 0 ? fread(pb, 1, sizeof pb, f) : 0;
    (void)fclose(f);
    return rv != 0 ? rv : p2p_key_decode(pb, len, out);
}

int key_save(const char *path, const struct p2p_key *key)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    int len = p2p_key_encode(key, pb, sizeof pb);
    int fd, rv = 0;

    if (len < 0) {
        return len;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == EEXIST ? P2P_EEXIST : P2P_EIO;
    }
    if (write(fd, pb, (size_t)len) != len) {
        rv = P2P_EIO;
    }
    rv = close(fd) != 0 ? P2P_EIO : rv;
    if (rv != 0) {
        (void)unlink(path);
    }
    return rv;
}

int key_from_number(uint64_t seed, struct p2p_key **out)
{
    uint8_t bytes[32] = {0};

    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(seed >> (8 * i));
    }
    return p2p_key_from_seed(bytes, out);
}
