#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Where the kernel shares processors out among sessions first, niceness counts only within one: has
/// that of this program count for a process in a session of its own as well.
static void keep_niceness(pid_t process) {
  const int niceness = getpriority(PRIO_PROCESS, 0);
  if (niceness <= 0) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/autogroup", (int)process);
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  // The kernel takes one such wish in a tenth of a second.
  for (int i = 0; i < 20 && dprintf(file, "%d\n", niceness) < 0 && errno == EAGAIN; i++)
    usleep(20000);
  close(file);
}

int vc_spawn(const char *path, char *const arguments[], char *const environment[], int input,
             int output, int errors, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return error;
  error = posix_spawnattr_init(&attributes);
  if (error) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  // The three come from above 2 (see the caller), so that none overwrites another.
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
  // Signals blocked or ignored here must not stay so there; and in a session of its own it has no
  // terminal whose keys it could press.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (!error) error = posix_spawnattr_setsigdefault(&attributes, &all);
  if (!error)
    error = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  if (!error) keep_niceness(*process);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int vc_wait(pid_t pid, int wait, int *status, int64_t *peak_bytes) {
  struct rusage usage;
  pid_t ended;
  do {
    ended = wait4(pid, status, wait ? 0 : WNOHANG, &usage);
  } while (ended < 0 && errno == EINTR);
  if (ended != pid) return -1;
  *peak_bytes = (int64_t)usage.ru_maxrss * 1024;
  return 0;
}

double vc_cpu_seconds(pid_t pid) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int vc_allow_cpu(pid_t pid, double used, double seconds) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_CPU, NULL, &limit) != 0) return errno;
  const double until = used + seconds + 1;
  limit.rlim_cur = until < 1e9 ? (rlim_t)until : RLIM_INFINITY;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max)
    limit.rlim_cur = limit.rlim_max;
  return prlimit(pid, RLIMIT_CPU, &limit, NULL) == 0 ? 0 : errno;
}
