#include "file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static char folder[FOLDER_PATH_SIZE];

static void setup(void) {
    folder_make(folder);
}

static void teardown(void) {
    folder_remove(folder);
}

TestSuite(file, .init = setup, .fini = teardown);

static struct csv_file *new_file(void) {
    struct csv_file *file = malloc(sizeof *file);
    cr_assert(file);
    csv_file_init(file);
    return file;
}

Test(file, appears_whole) {
    struct csv_file *file = new_file();
    char text[64];
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK, "%s", file->problem);
    cr_assert_eq(csv_file_write(file, "one", 3), CG_OK);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), -1, "visible too early");
    cr_assert_eq(csv_file_commit(file), CG_OK, "%s", file->problem);
    cr_assert_not(csv_file_is_open(file));
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 3);
    cr_assert_str_eq(text, "one");
    cr_assert_eq(folder_count(folder), 1);
    free(file);
}

Test(file, mode_follows_the_umask) {
    struct csv_file *file = new_file();
    char path[FOLDER_PATH_SIZE];
    struct stat status;
    (void)umask(022);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_commit(file), CG_OK);
    cr_assert_eq(stat(folder_path(folder, "a.csv", path), &status), 0);
    cr_assert_eq(status.st_mode & 0777u, 0644u);
    free(file);
}

Test(file, is_longer_than_the_buffer) {
    struct csv_file *file = new_file();
    const size_t count = 3 * CSV_FILE_BUFFER / 7;
    char *text = malloc(7 * count + 2);
    cr_assert(text);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(csv_file_write(file, "1234567", 7), CG_OK);
    cr_assert_eq(csv_file_commit(file), CG_OK);
    cr_assert_eq(folder_read(folder, "a.csv", text, 7 * count + 2), (long)(7 * count));
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(memcmp(text + 7 * i, "1234567", 7), 0, "at %zu", i);
    free(text);
    free(file);
}

Test(file, discard_keeps_the_old_file) {
    struct csv_file *file = new_file();
    char text[64];
    folder_write(folder, "a.csv", "old");
    csv_file_discard(file);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_write(file, "new", 3), CG_OK);
    csv_file_discard(file);
    csv_file_discard(file);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 3);
    cr_assert_str_eq(text, "old");
    cr_assert_eq(folder_count(folder), 1);
    free(file);
}

Test(file, a_killed_writer_leaves_the_old_file_and_its_rest_is_swept) {
    struct csv_file *file = new_file();
    char text[64];
    folder_write(folder, "a.csv", "old");
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        if (csv_file_open(file, folder, "a.csv") == CG_OK && csv_file_write(file, "new", 3) == CG_OK)
            (void)raise(SIGKILL);
        _exit(1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(folder_count(folder), 2, "the killed writer's temporary file is there");
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 3);
    cr_assert_str_eq(text, "old");

    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK, "%s", file->problem);
    cr_assert_eq(csv_file_write(file, "newer", 5), CG_OK);
    cr_assert_eq(csv_file_commit(file), CG_OK);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 5);
    cr_assert_eq(folder_count(folder), 1);
    free(file);
}

Test(file, two_writers_do_not_mix) {
    struct csv_file *first = new_file();
    struct csv_file *second = new_file();
    char text[64];
    cr_assert_eq(csv_file_open(first, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_open(second, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_write(first, "first", 5), CG_OK);
    cr_assert_eq(csv_file_write(second, "second", 6), CG_OK);
    cr_assert_eq(csv_file_commit(first), CG_OK);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 5);
    cr_assert_eq(csv_file_commit(second), CG_OK);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 6);
    cr_assert_eq(folder_count(folder), 1);
    free(first);
    free(second);
}

Test(file, five_writers_are_one_too_many) {
    struct csv_file *files[5];
    for (size_t i = 0; i < 5; i++) {
        files[i] = new_file();
        cr_assert_eq(csv_file_open(files[i], folder, "a.csv") == CG_OK, i < 4, "writer %zu", i);
    }
    cr_assert(strstr(files[4]->problem, "other writers hold its temporary files"), "%s", files[4]->problem);
    for (size_t i = 0; i < 5; i++) {
        csv_file_discard(files[i]);
        free(files[i]);
    }
    cr_assert_eq(folder_count(folder), 0);
}

Test(file, creates_the_folder_with_its_parents) {
    struct csv_file *file = new_file();
    char deep[FOLDER_PATH_SIZE];
    char text[8];
    folder_path(folder, "x//y/z/", deep);
    cr_assert_eq(csv_file_open(file, deep, "a.csv"), CG_OK, "%s", file->problem);
    cr_assert_eq(csv_file_commit(file), CG_OK);
    cr_assert_eq(folder_read(deep, "a.csv", text, sizeof text), 0);
    free(file);
}

Test(file, follows_no_link_in_place_of_its_temporary) {
    struct csv_file *file = new_file();
    char link_path[FOLDER_PATH_SIZE];
    char victim[FOLDER_PATH_SIZE];
    char text[8];
    folder_write(folder, "victim", "precious");
    folder_path(folder, "victim", victim);
    cr_assert_eq(symlink(victim, folder_path(folder, ".a.csv.0.tmp", link_path)), 0);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK, "%s", file->problem);
    cr_assert_eq(csv_file_write(file, "x", 1), CG_OK);
    cr_assert_eq(csv_file_commit(file), CG_OK);
    cr_assert_eq(folder_read(folder, "victim", text, sizeof text), 7, "the buffer's 7 characters");
    cr_assert_str_eq(text, "preciou");
    free(file);
}

/* ---- what the system refuses ---- */

/* Prepares `folder` so that opening `name` in `folder`/`below` fails. */
static const struct {
    const char *name;
    const char *blocker; /* a file of this name stands in the way */
    const char *below;
    const char *file;
    const char *part_of_problem;
} unopenable[] = {
    {"output_dir is a file", "out", "out", "a.csv", "Not a directory"},
    {"a parent is a file", "out", "out/x", "a.csv", "cannot create the folder"},
    {"subfolder of the name", NULL, "out", "2026/a.csv", "only output_dir is created: No such file or directory"},
    {"subfolder is a file", "x", ".", "x/a.csv", "Not a directory"},
};

Test(file, says_why_it_cannot_be_opened) {
    struct csv_file *file = new_file();
    for (size_t i = 0; i < sizeof unopenable / sizeof *unopenable; i++) {
        char below[FOLDER_PATH_SIZE];
        if (unopenable[i].blocker)
            folder_write(folder, unopenable[i].blocker, "");
        cg_status status = csv_file_open(file, folder_path(folder, unopenable[i].below, below), unopenable[i].file);
        cr_assert_eq(status, CG_PERMANENT, "%s: %d", unopenable[i].name, (int)status);
        cr_assert(strstr(file->problem, unopenable[i].part_of_problem), "%s: %s", unopenable[i].name, file->problem);
        cr_assert(strstr(file->problem, folder), "%s: %s", unopenable[i].name, file->problem);
        cr_assert_not(csv_file_is_open(file), "%s", unopenable[i].name);
        folder_remove(folder);
        cr_assert_eq(mkdir(folder, 0700), 0);
    }
    free(file);
}

Test(file, says_that_a_folder_has_its_name) {
    struct csv_file *file = new_file();
    char path[FOLDER_PATH_SIZE];
    cr_assert_eq(mkdir(folder_path(folder, "a.csv", path), 0700), 0);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_commit(file), CG_PERMANENT);
    cr_assert(strstr(file->problem, "Is a directory"), "%s", file->problem);
    csv_file_discard(file);
    cr_assert_eq(folder_count(folder), 1, "no temporary file is left");
    free(file);
}

/* Root writes everywhere, so a child gives its rights away first. */
Test(file, says_that_it_may_not_write) {
    struct csv_file *file = new_file();
    cr_assert_eq(chmod(folder, 0555), 0);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(2);
        cg_status status = csv_file_open(file, folder, "a.csv");
        _exit(status == CG_PERMANENT && strstr(file->problem, "Permission denied") ? 0 : 1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0);
    free(file);
}

static void limit_file_size(rlim_t size) {
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(file, a_full_disk_leaves_the_old_file) {
    struct csv_file *file = new_file();
    char text[8];
    char *data = calloc(1, CSV_FILE_BUFFER + 1);
    cr_assert(data);
    folder_write(folder, "a.csv", "old");
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    limit_file_size(1000); /* the first write is short, the second one fails */
    cg_status status = csv_file_write(file, data, CSV_FILE_BUFFER + 1);
    limit_file_size(RLIM_INFINITY);
    cr_assert_eq(status, CG_PERMANENT, "%d", (int)status);
    cr_assert(strstr(file->problem, "a.csv': File too large"), "%s", file->problem);
    csv_file_discard(file);
    cr_assert_eq(folder_read(folder, "a.csv", text, sizeof text), 3);
    cr_assert_eq(folder_count(folder), 1);
    free(data);
    free(file);
}

Test(file, no_space_is_worth_another_try) {
    struct csv_file *file = new_file();
    cr_assert_eq(csv_file_open(file, folder, "a.csv"), CG_OK);
    cr_assert_eq(csv_file_write(file, "x", 1), CG_OK);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cr_assert(full >= 0 && dup2(full, file->fd) >= 0, "writes answer ENOSPC from here on");
    cr_assert_eq(csv_file_commit(file), CG_TEMPORARY);
    cr_assert(strstr(file->problem, "a.csv': No space left on device"), "%s", file->problem);
    csv_file_discard(file);
    cr_assert_eq(folder_count(folder), 0);
    (void)close(full);
    free(file);
}

Test(file, a_path_has_a_longest_length) {
    struct csv_file *file = new_file();
    char name[NAME_MAX + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(csv_file_open(file, folder, name), CG_RANGE);
    name[NAME_MAX] = '\0';
    cr_assert_eq(csv_file_open(file, folder, name), CG_RANGE, "no room for the temporary file's name");
    char *path = malloc(PATH_MAX);
    cr_assert(path);
    memset(path, 'p', PATH_MAX - 1);
    path[PATH_MAX - 1] = '\0';
    cr_assert_eq(csv_file_open(file, path, "a.csv"), CG_RANGE);
    cr_assert_eq(folder_count(folder), 0);
    free(path);
    free(file);
}
