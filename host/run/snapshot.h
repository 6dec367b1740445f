/*
 * snapshot.h - the bytes of the configuration file and of its .env, as they were at one moment.
 *
 * A service works with the configuration it has checked, whatever happens to the files meanwhile: its workers read
 * these bytes, not the files. They lie in sealed memory files, which workers inherit and nobody can change. What comes
 * from the process's environment is inherited anyway.
 */
#ifndef CG_RUN_SNAPSHOT_H
#define CG_RUN_SNAPSHOT_H

#include "config/problems.h"
#include "config/settings.h"

struct cg_snapshot {
    char *config_file; /**< its name, for messages */
    char *env_file;    /**< name of the .env file, or NULL when there is none */
    int config_fd;
    int env_fd; /**< -1 without an .env file */
};

/**
 * Reads both files; `env_file` NULL: the .env beside the configuration, if it is a regular file. What cannot be read is
 * told in `problems`. Errors: CG_INVALID, CG_NO_MEMORY.
 */
cg_status cg_snapshot_take(const char *config_file, const char *env_file, struct cg_problems *problems,
                           struct cg_snapshot **ret);

/** A snapshot that was inherited; takes over both descriptors, also when it fails. Error: CG_NO_MEMORY. */
cg_status cg_snapshot_adopt(const char *config_file, int config_fd, const char *env_file, int env_fd,
                            struct cg_snapshot **ret);

/** cg_settings_load of what the snapshot holds. */
cg_status cg_snapshot_load(const struct cg_snapshot *snapshot, uint32_t flags, struct cg_problems *problems,
                           struct cg_settings **ret);

/** NULL is fine. */
void cg_snapshot_free(struct cg_snapshot *snapshot);

#endif
