/*
 * Kills the program at many moments of its run, then lets it run to the end: the database and the CSV files are those
 * of a run that nobody disturbed, and nothing else is left behind.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

/* Kills of each test, and how many of them must at least have met a run between its first row and its last. */
#ifdef __SANITIZE_ADDRESS__
#define KILLS 20
#define LEAST_INTERRUPTED 2
#else
#define KILLS 100
#define LEAST_INTERRUPTED 5
#endif

/* Time for a worker to notice that its host process is gone, and for a process to show up. */
#define PATIENCE_MS 5000
#define TICK_US 200

#define ORPHANED "Orphaned — process restarted before completion"
#define KILLED "crashed (signal 9, Killed)"

/* Files of a tenant's folder after a run that went well. */
#define MOST_FILES 64
struct tree {
    char *names[MOST_FILES]; /* sorted, relative; the database is named but not read */
    char *texts[MOST_FILES];
    size_t count;
};

struct scene {
    struct cg_test_sim sim;
    char folder[CG_TEST_PATH_SIZE]; /* where the program runs */
    char start[CG_TEST_PATH_SIZE];  /* what the folder looks like before each run; "" = nothing but the configuration */
    char *dump;                     /* what an undisturbed run leaves */
    struct tree tree;
    long long length_us; /* how long it takes */
    uint64_t random;
    size_t hits;        /* kills that met a living process */
    size_t interrupted; /* of those, the ones that a row of pipeline_runs tells of; the others came before or after */
};

static long long now_us(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_us(long long duration) {
    struct timespec left = {.tv_sec = duration / 1000000, .tv_nsec = (long)(duration % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0)
        cr_assert_eq(errno, EINTR);
}

/* Xorshift: the same moments, relative to the length of a run, in every run of this test. */
static double random_fraction(struct scene *scene) {
    scene->random ^= scene->random << 13;
    scene->random ^= scene->random >> 7;
    scene->random ^= scene->random << 17;
    return (double)(scene->random >> 11) / 9007199254740992.0;
}

/* ---- files ---- */

static void add_file(struct tree *tree, const char *folder, const char *name) {
    size_t at = tree->count;
    cr_assert_lt(tree->count, MOST_FILES, "too many files, the last is %s", name);
    for (; at > 0 && strcmp(tree->names[at - 1], name) > 0; at--) {
        tree->names[at] = tree->names[at - 1];
        tree->texts[at] = tree->texts[at - 1];
    }
    tree->names[at] = strdup(name);
    tree->texts[at] = strcmp(name, CG_TEST_DATABASE) == 0 ? strdup("") : cg_test_file_read(folder, name);
    cr_assert(tree->names[at] && tree->texts[at], "%s cannot be read", name);
    tree->count++;
}

/* Reads all files of a folder and of those in it, hidden ones too. */
static void read_tree(const char *folder, const char *below, struct tree *tree) {
    char path[CG_TEST_PATH_SIZE];
    DIR *dir = opendir(cg_test_path(folder, below, path));
    cr_assert_not_null(dir, "%s cannot be read", path);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = *below == '.' ? strdup(entry->d_name) : cg_test_format("%s/%s", below, entry->d_name);
        if (entry->d_type == DT_DIR)
            read_tree(folder, name, tree);
        else
            add_file(tree, folder, name);
        free(name);
    }
    (void)closedir(dir);
}

static void free_tree(struct tree *tree) {
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->names[i]);
        free(tree->texts[i]);
    }
    *tree = (struct tree){0};
}

static void copy_file(const char *from, const char *to, const char *name) {
    char paths[2][CG_TEST_PATH_SIZE];
    struct stat found;
    int source = open(cg_test_path(from, name, paths[0]), O_RDONLY | O_CLOEXEC);
    int target = open(cg_test_path(to, name, paths[1]), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(source >= 0 && target >= 0 && fstat(source, &found) == 0, "cannot copy %s", name);
    for (off_t left = found.st_size; left > 0;) {
        ssize_t count = copy_file_range(source, NULL, target, NULL, (size_t)left, 0);
        cr_assert_gt(count, 0, "cannot copy %s", name);
        left -= count;
    }
    cr_assert(close(source) == 0 && close(target) == 0, "cannot copy %s", name);
}

/* Copies the folder's files and those of its folders of CSV files. */
static void copy_folder(const char *from, const char *to) {
    struct tree tree = {0};
    read_tree(from, ".", &tree);
    cg_test_folder_make(to, CG_TEST_CSV);
    cg_test_folder_make(to, CG_TEST_TOPICS);
    for (size_t i = 0; i < tree.count; i++)
        copy_file(from, to, tree.names[i]);
    free_tree(&tree);
}

/* Puts the folder back to where every run starts. */
static void reset_folder(const struct scene *scene) {
    cg_test_workdir_remove(scene->folder);
    cr_assert_eq(mkdir(scene->folder, 0700), 0, "%s cannot be made", scene->folder);
    if (*scene->start)
        copy_folder(scene->start, scene->folder);
    else
        cg_test_config_write(scene->folder,
                             &(struct cg_test_config){.url = scene->sim.url, .lookback_days = 9, .whole = 1});
}

/* ---- processes ---- */

/* Bytes to be looked for in a file of /proc; zero bytes belong to them. */
struct needle {
    const char *bytes;
    size_t length;
};

static const char worker_arguments[] = "chitragupt\0worker";

static int proc_has(pid_t pid, const char *file, const struct needle *needle) {
    char path[64];
    char text[65536];
    size_t length = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (length < sizeof text) {
        ssize_t count = read(fd, text + length, sizeof text - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    (void)close(fd);
    return memmem(text, length, needle->bytes, needle->length) != NULL;
}

/* A living process with `mark` in its environment, if it must be one, a worker; or 0. */
static pid_t find_process(const char *mark, int worker) {
    const struct needle marked = {mark, strlen(mark) + 1};
    const struct needle working = {worker_arguments, sizeof worker_arguments};
    pid_t found = 0;
    DIR *dir = opendir("/proc");
    cr_assert_not_null(dir);
    for (struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && proc_has((pid_t)pid, "environ", &marked) &&
            (!worker || proc_has((pid_t)pid, "cmdline", &working)))
            found = (pid_t)pid;
    }
    (void)closedir(dir);
    return found;
}

/* Kills the worker; waits for one if there is none at the moment. 0 when the host process ended before. */
static int kill_worker(const struct cg_test_process *process, const char *mark) {
    while (cg_test_process_runs(process, 0)) {
        pid_t worker = find_process(mark, 1);
        if (worker)
            return kill(worker, SIGKILL) == 0;
        sleep_us(TICK_US);
    }
    return 0;
}

/* No process of the run is left, at the latest after a while. */
static void wait_for_silence(const char *what, const char *mark) {
    long long until = now_us() + PATIENCE_MS * 1000;
    pid_t left = find_process(mark, 0);
    while (left && now_us() < until) {
        sleep_us(TICK_US);
        left = find_process(mark, 0);
    }
    cr_assert_eq(left, 0, "%s: process %d is still there", what, (int)left);
}

/* ---- one kill ---- */

/* Starts the program and kills the host process or its worker after `delay` microseconds. */
static void run_and_kill(struct scene *scene, const char *what, long long delay, int worker) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    char *mark = cg_test_format("CG_TEST_KILL=%d %s", (int)getpid(), what);
    const char *const environment[] = {mark, NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    cg_test_program_start(scene->folder, arguments, environment, &process);
    sleep_us(delay);
    int hit = worker ? kill_worker(&process, mark) : kill(process.pid, SIGKILL) == 0;
    cg_test_program_wait(&process, &result);
    if (worker)
        cr_assert_eq(result.signal, 0, "%s: the host process died of signal %d", what, result.signal);
    scene->hits += (size_t)(worker ? hit : result.signal == SIGKILL);
    wait_for_silence(what, mark);
    cg_test_result_done(&result);
    free(mark);
}

/* What the table of runs says: the last one went well, and one that was killed says so. */
static void check_runs(struct scene *scene, const char *what, int worker) {
    sqlite3 *db = cg_test_db_open(scene->folder, CG_TEST_DATABASE);
    char *last = cg_test_db_text(db, "SELECT status FROM pipeline_runs ORDER BY id DESC LIMIT 1");
    cr_assert_str_eq(last, "completed", "%s: the last run is %s", what, last);
    free(last);
    long long running = cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'running'");
    cr_assert_eq(running, 0, "%s: %lld runs are still running", what, running);
    long long owned = cg_test_db_number(db, "SELECT COUNT(*) FROM cg_run_owners");
    cr_assert_eq(owned, 0, "%s: %lld runs still belong to a process", what, owned);
    long long failed = cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'");
    /* A worker that dies while its run's row is being committed could not tell the host process of that row: the next
     * run finds it without a process. */
    long long said = cg_test_db_number(db, worker ? "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND "
                                                    "(error_message LIKE '%" KILLED "%' OR error_message = '" ORPHANED
                                                    "') AND ended_at IS NOT NULL"
                                                  : "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND "
                                                    "error_message = '" ORPHANED "' AND ended_at IS NOT NULL");
    char *message = cg_test_db_text(db, "SELECT MAX(error_message) FROM pipeline_runs WHERE status = 'failed'");
    cr_assert_eq(failed, said, "%s: %lld runs failed, %lld say that they were killed: %s", what, failed, said,
                 message ? message : "");
    free(message);
    cr_assert_leq(failed, 1, "%s: %lld runs failed", what, failed);
    scene->interrupted += failed == 1;
    cg_test_db_check(db);
    cg_test_db_close(db);
}

static void check_files(const struct scene *scene, const char *what) {
    struct tree tree = {0};
    read_tree(scene->folder, ".", &tree);
    for (size_t i = 0; i < tree.count || i < scene->tree.count; i++) {
        const char *got = i < tree.count ? tree.names[i] : "(none)";
        const char *wanted = i < scene->tree.count ? scene->tree.names[i] : "(none)";
        cr_assert_str_eq(got, wanted, "%s: there is the file %s instead of %s", what, got, wanted);
        cr_assert_str_eq(tree.texts[i], scene->tree.texts[i], "%s: %s differs", what, got);
    }
    free_tree(&tree);
}

/* How busy the machine is changes, and with it how long a run takes. */
static void run_to_the_end(struct scene *scene) {
    long long start = now_us();
    cg_test_run_well(scene->folder);
    scene->length_us += (now_us() - start - scene->length_us) / 4;
}

static void check_kill(struct scene *scene, size_t number) {
    int worker = number % 2 == 1;
    /* One random moment in each of KILLS equal parts of the run. */
    long long delay = (long long)(((double)number + random_fraction(scene)) * (double)scene->length_us / KILLS);
    char *what = cg_test_format("kill %zu, of the %s after %lld us", number, worker ? "worker" : "host", delay);
    reset_folder(scene);
    run_and_kill(scene, what, delay, worker);
    run_to_the_end(scene);
    char *dump = cg_test_db_dump(scene->folder, CG_TEST_DATABASE);
    cg_test_dumps_equal(what, dump, scene->dump);
    check_runs(scene, what, worker);
    check_files(scene, what);
    free(dump);
    free(what);
}

/* ---- the tests ---- */

static void init(struct scene *scene) {
    static const char *const options[] = {"--days", "7", "--environments", "1", "--clusters", "10", NULL};
    cg_test_sim_start(options, &scene->sim);
    cg_test_workdir_make(scene->folder);
    scene->random = UINT64_C(0x9E3779B97F4A7C15);
}

/* Learns what an undisturbed run leaves and how long it takes; twice, to see that it always leaves the same. */
static void learn(struct scene *scene) {
    for (int i = 0; i < 2; i++) {
        reset_folder(scene);
        long long start = now_us();
        cg_test_run_well(scene->folder);
        scene->length_us = now_us() - start;
        char *dump = cg_test_db_dump(scene->folder, CG_TEST_DATABASE);
        if (scene->dump)
            cg_test_dumps_equal("an undisturbed run", dump, scene->dump);
        free(scene->dump);
        scene->dump = dump;
    }
    read_tree(scene->folder, ".", &scene->tree);
    cr_assert_geq(scene->tree.count, 8, "there are only %zu files", scene->tree.count);
}

static void kill_often(struct scene *scene) {
    learn(scene);
    for (size_t i = 0; i < KILLS; i++)
        check_kill(scene, i);
    cr_assert_geq(scene->hits, KILLS / 2, "only %zu of %d kills came before the end", scene->hits, KILLS);
    cr_assert_geq(scene->interrupted, LEAST_INTERRUPTED, "only %zu of %d kills interrupted a run", scene->interrupted,
                  KILLS);
}

static void done(struct scene *scene) {
    cg_test_sim_stop(&scene->sim);
    cg_test_workdir_remove(scene->folder);
    if (*scene->start)
        cg_test_workdir_remove(scene->start);
    free_tree(&scene->tree);
    free(scene->dump);
}

Test(kill, the_first_run) {
    struct scene scene = {.start = ""};
    init(&scene);
    kill_often(&scene);
    done(&scene);
}

/* The database is full, and the provider has changed three days of the bill since. */
Test(kill, a_run_over_a_revised_bill) {
    struct scene scene = {.start = ""};
    init(&scene);
    reset_folder(&scene);
    cg_test_run_well(scene.folder);
    cg_test_workdir_make(scene.start);
    copy_folder(scene.folder, scene.start);
    cg_test_sim_revise(&scene.sim, "{\"date\":\"2026-06-24\",\"factor\":\"1.10\",\"add\":\"0.37\"}");
    cg_test_sim_revise(&scene.sim, "{\"date\":\"2026-06-26\",\"withdraw\":true}");
    cg_test_sim_revise(&scene.sim, "{\"date\":\"2026-06-28\",\"factor\":\"0.5\"}");
    kill_often(&scene);
    done(&scene);
}
