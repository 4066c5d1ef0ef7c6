/* The floor: writes the files of one pack, and does nothing else.

   floor PACK TARGET: PACK begins with lines, "D PATH", or "F MODE SIZE PATH", an empty line, and then
   holds the contents of the files in that order. Small files come out of one buffer, large ones go
   from descriptor to descriptor. The cheapest way there is to have the same files on this system. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = 1 << 16, BUFFER = 1 << 20 };
static char buffer[BUFFER];
static off_t begin, end;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static const char *slice(int pack, off_t at, size_t size) {
    if (at < begin || at + (off_t)size > end) {
        ssize_t got = pread(pack, buffer, BUFFER, at);
        if (got < (ssize_t)size) die("pread");
        begin = at;
        end = at + got;
    }
    return buffer + (at - begin);
}

static void fill(int pack, int out, off_t at, size_t size) {
    if (size < LARGE) {
        if (size && write(out, slice(pack, at, size), size) != (ssize_t)size) die("write");
        return;
    }
    while (size) {
        ssize_t moved = sendfile(out, pack, &at, size);
        if (moved <= 0) die("sendfile");
        size -= (size_t)moved;
    }
}

int main(int count, char **words) {
    char *line = NULL;
    size_t room = 0;
    int pack, root, folder = -1;
    FILE *index;
    off_t at;
    if (count != 3) return 2;
    index = fopen(words[1], "r");
    pack = open(words[1], O_RDONLY | O_CLOEXEC);
    root = open(words[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!index || pack < 0 || root < 0) die(words[1]);
    if (getline(&line, &room, index) < 0) die("getline");
    at = atoll(line); /* where the contents begin */
    while (getline(&line, &room, index) > 1) {
        line[strcspn(line, "\n")] = 0;
        if (*line == 'D') {
            if (folder >= 0) close(folder);
            if (mkdirat(root, line + 2, 0777) && errno != EEXIST) die(line);
            folder = openat(root, line + 2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (folder < 0) die(line);
        } else {
            char *rest;
            mode_t mode = (mode_t)strtoul(line + 2, &rest, 8);
            size_t size = strtoull(rest + 1, &rest, 10);
            int out = openat(folder, rest + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
            if (out < 0) die(rest + 1);
            fill(pack, out, at, size);
            at += (off_t)size;
            close(out);
        }
    }
    return 0;
}
