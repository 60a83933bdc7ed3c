/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs a fuzz target over each file of the folders that are its arguments. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs one file; -1 when it cannot be read. */
static int run_file(const char *path)
{
    uint8_t *data = malloc(1 << 20);
    FILE *f = fopen(path, "rb");
    size_t size;

    if (data == NULL || f == NULL) {
        free(data);
        if (f != NULL) {
            (void)fclose(f);
        }
        return -1;
    }
    size = fread(data, 1, 1 << 20, f);
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

/* Runs a folder's files; returns how many, or -1. */
static int run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    int count = 0;

    while (dir != NULL && (e = readdir(dir)) != NULL) {
        char path[4096];

        if (e->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (run_file(path) != 0) {
            count = -1;
            break;
        }
        count++;
    }
    if (dir == NULL) {
        return -1;
    }
    (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int count = run_folder(argv[i]);

        if (count <= 0) {
            (void)fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 1;
        }
        (void)printf("%s: %d inputs\n", argv[i], count);
    }
    return 0;
}
