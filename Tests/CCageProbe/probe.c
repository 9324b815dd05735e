#include "CageProbe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"

void vc_tell(const vc_surroundings *here, const char *name, long result) {
  char line[200];
  const int error = result < 0 ? errno : 0;
  const int length = snprintf(line, sizeof line, "%s\t%s\t%d\n", here->thread, name, error);
  if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(74);
}

static void try_everything(const vc_surroundings *here) {
  vc_try_files(here);
  vc_try_processes(here);
  vc_try_network(here);
  vc_try_kernel(here);
}

// MARK: Two threads

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *run_second(void *argument) {
  pthread_mutex_lock(&turn);
  try_everything(argument);
  pthread_mutex_unlock(&turn);
  return NULL;
}

static int open_terminal(void) {
  const int controller = posix_openpt(O_RDWR | O_NOCTTY);
  if (controller < 0 || grantpt(controller) != 0 || unlockpt(controller) != 0) return -1;
  const char *name = ptsname(controller);
  return name ? open(name, O_RDWR | O_NOCTTY) : -1;
}

int vc_probe_cage(const char *folder, void (*confine)(void)) {
  char kept[4096];
  snprintf(kept, sizeof kept, "%s/kept", folder);
  vc_surroundings first = {.thread = "first", .folder = folder, .parent = getppid()};
  first.terminal = open_terminal();
  first.file = open(kept, O_RDWR);
  if (first.file < 0) return errno;
  first.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (first.page == MAP_FAILED) return errno;
  // Writing beyond the limit on file sizes is an error to see, no end.
  signal(SIGXFSZ, SIG_IGN);

  vc_surroundings second = first;
  second.thread = "second";
  pthread_t thread;
  pthread_mutex_lock(&turn);
  const int error = pthread_create(&thread, NULL, run_second, &second);
  if (error) return error;
  if (confine) confine();
  try_everything(&first);
  pthread_mutex_unlock(&turn);
  pthread_join(thread, NULL);

  // What decoding needs must still be there.
  vc_surroundings third = first;
  third.thread = "third";
  char byte;
  vc_tell(&third, "read an open file", pread(first.file, &byte, 1, 0));
  errno = pthread_create(&thread, NULL, run_second, &third);
  vc_tell(&third, "start a thread", errno ? -1 : 0);
  if (!errno) pthread_join(thread, NULL);
  return 0;
}

// MARK: Older kernels

int vc_take_away(const char *wall) {
  const int seccomp = strcmp(wall, "landlock") != 0;
  const int landlock = strcmp(wall, "seccomp") != 0;
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp ? __NR_seccomp : ~0U, 2, 0),
      // landlock_create_ruleset
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, landlock ? 444 : ~0U, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}
