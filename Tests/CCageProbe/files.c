#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "attempts.h"

static long open_raw(const char *path, int flags) {
  const long descriptor = syscall(SYS_openat, AT_FDCWD, path, flags | O_NOCTTY, 0600);
  if (descriptor >= 0) close((int)descriptor);
  return descriptor;
}

static void try_opening(const vc_surroundings *here, const char *kept, const char *other) {
  char path[64];
  TRY("open for reading", open_raw(kept, O_RDONLY));
  TRY("open for writing", open_raw(kept, O_WRONLY));
  TRY("open for appending", open_raw(kept, O_RDWR | O_APPEND));
  TRY("create", open_raw(other, O_WRONLY | O_CREAT));
  TRY("create without a name", open_raw(here->folder, O_WRONLY | O_TMPFILE));
  TRY("open a path alone", open_raw("/", O_PATH));
  TRY("open a folder", open_raw("/etc", O_RDONLY | O_DIRECTORY));
  TRY("open /etc/passwd", open_raw("/etc/passwd", O_RDONLY));
  TRY("open own memory", open_raw("/proc/self/mem", O_RDWR));
  TRY("open own maps", open_raw("/proc/self/maps", O_RDONLY));
  TRY("open own name", open_raw("/proc/self/comm", O_WRONLY));
  snprintf(path, sizeof path, "/proc/%d/mem", (int)here->parent);
  TRY("open the program's memory", open_raw(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/environ", (int)here->parent);
  TRY("open the program's environment", open_raw(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/fd", (int)here->parent);
  TRY("list the program's open files", open_raw(path, O_RDONLY | O_DIRECTORY));
  TRY("open the terminal", open_raw("/dev/tty", O_RDWR));
  TRY("open shared memory", shm_open("/vidclass-cage-probe", O_RDONLY, 0));
  struct {
    unsigned long long flags, mode, resolve;
  } how = {O_RDONLY, 0, 0};
  TRY("openat2", syscall(SYS_openat2, AT_FDCWD, kept, &how, sizeof how));
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY));
#ifdef SYS_open
  TRY("open of old", syscall(SYS_open, kept, O_RDONLY));
  TRY("creat", syscall(SYS_creat, other, 0600));
#endif
}

static void try_looking(const vc_surroundings *here, const char *kept) {
  struct stat status;
  char text[256];
  TRY("stat", syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &status, 0));
  TRY("statx", syscall(SYS_statx, AT_FDCWD, "/etc/passwd", 0, 0, text));
  TRY("faccessat", syscall(SYS_faccessat, AT_FDCWD, kept, R_OK));
  TRY("readlinkat", syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", text, sizeof text));
  TRY("getcwd", syscall(SYS_getcwd, text, sizeof text));
  TRY("chdir", chdir("/"));
  TRY("inotify_init1", syscall(SYS_inotify_init1, 0));
  TRY("fanotify_init", syscall(SYS_fanotify_init, 0x80000000, 0));
}

/// None of these is left to a confined process, and each can be undone where it is not.
static void try_changing(const vc_surroundings *here, const char *kept, const char *other) {
  TRY("link", linkat(AT_FDCWD, kept, AT_FDCWD, other, 0));
  TRY("unlink", unlinkat(AT_FDCWD, other, 0));
  TRY("symlink", symlinkat(kept, AT_FDCWD, other));
  TRY("rename", syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, other, 0));
  unlinkat(AT_FDCWD, other, 0);
  TRY("mkdir", mkdirat(AT_FDCWD, other, 0700));
  TRY("rmdir", unlinkat(AT_FDCWD, other, AT_REMOVEDIR));
  TRY("mknod", mknodat(AT_FDCWD, other, S_IFIFO | 0600, 0));
  unlinkat(AT_FDCWD, other, 0);
  TRY("chmod", fchmodat(AT_FDCWD, kept, 0600, 0));
  TRY("fchmod", fchmod(here->file, 0600));
  TRY("chown", fchownat(AT_FDCWD, kept, (uid_t)-1, (gid_t)-1, 0));
  TRY("fchown", fchown(here->file, (uid_t)-1, (gid_t)-1));
  TRY("truncate", truncate(kept, 4));
  TRY("ftruncate", ftruncate(here->file, 4));
  TRY("fallocate", syscall(SYS_fallocate, here->file, 0, 0L, 4L));
  TRY("utimensat", utimensat(AT_FDCWD, kept, NULL, 0));
  TRY("setxattr", setxattr(kept, "user.probe", "", 0, 0));
  TRY("fsetxattr", fsetxattr(here->file, "user.probe", "", 0, 0));
  TRY("mount", syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0, NULL));
  TRY("umount2", syscall(SYS_umount2, "/nowhere", 0));
  TRY("chroot", chroot("/nowhere"));
  TRY("pivot_root", syscall(SYS_pivot_root, "/nowhere", "/nowhere"));
}

/// What is open already gives no more than reading and the pipe.
static void try_descriptors(const vc_surroundings *here) {
  TRY("write beyond the limit", pwrite(here->file, "x", 1, 0));
  TRY("grow a file", write(here->file, "x", 1));
  TRY("dup", dup(here->file));
  TRY("dup3", syscall(SYS_dup3, here->file, 60, 0));
  TRY("change a descriptor's owner", fcntl(here->file, F_SETOWN, here->parent));
  TRY("lease", fcntl(here->file, F_SETLEASE, F_UNLCK));
  TRY("change a descriptor's flags", fcntl(here->file, F_SETFL, O_NONBLOCK));
  TRY("sendfile", sendfile(here->file, here->file, NULL, 0));
  TRY("splice", syscall(SYS_splice, here->file, NULL, here->file, NULL, 0, 0));
  TRY("pipe", syscall(SYS_pipe2, here->page, 0));
  TRY("TIOCSTI", ioctl(here->terminal, TIOCSTI, "x"));
  TRY("look at the terminal", ioctl(here->terminal, TIOCGWINSZ, here->page));
  TRY("another ioctl", ioctl(here->file, FIOCLEX));
  TRY("setsid", setsid());
}

void vc_try_files(const vc_surroundings *here) {
  char kept[4096], other[4096];
  snprintf(kept, sizeof kept, "%s/kept", here->folder);
  snprintf(other, sizeof other, "%s/other", here->folder);
  try_opening(here, kept, other);
  unlinkat(AT_FDCWD, other, 0);
  try_looking(here, kept);
  try_changing(here, kept, other);
  try_descriptors(here);
}
