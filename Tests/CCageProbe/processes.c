#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"

static char *const no_strings[] = {NULL};

/// Ends the child where there is one.
static long ended(long process) {
  if (process == 0) _exit(0);
  if (process > 0) waitpid((pid_t)process, NULL, 0);
  return process;
}

static void try_starting(const vc_surroundings *here) {
  TRY("fork", ended(fork()));
  TRY("fork by clone", ended(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)));
  TRY("clone that shares files", ended(syscall(SYS_clone, SIGCHLD | CLONE_FILES, 0, 0, 0, 0)));
  TRY("clone into a user namespace", ended(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0)));
  // What a thread is started with and more: EINVAL where nobody forbids it.
  TRY("thread in a namespace",
      syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, 0, 0, 0, 0));
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.exit_signal = SIGCHLD;
  TRY("clone3", ended(syscall(SYS_clone3, &arguments, sizeof arguments)));
#ifdef SYS_fork
  TRY("fork of old", ended(syscall(SYS_fork)));
  const pid_t child = vfork();
  if (child == 0) _exit(0);
  vc_tell(here, "vfork", child);
#endif
  TRY("execve", syscall(SYS_execve, "/nowhere/true", no_strings, no_strings));
  TRY("execveat", syscall(SYS_execveat, -1, "", no_strings, no_strings, 0x1000));
  pid_t process;
  errno = posix_spawn(&process, "/bin/true", NULL, NULL, no_strings, no_strings);
  vc_tell(here, "posix_spawn", errno ? -1 : ended(process));
}

static void try_signalling(const vc_surroundings *here) {
  const pid_t parent = here->parent;
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_code = SI_QUEUE;
  TRY("kill the program", kill(parent, 0));
  TRY("kill its group", kill(-parent, 0));
  TRY("kill all", kill(-1, 0));
  TRY("kill its own group", kill(0, 0));
  TRY("kill the first process", kill(1, 0));
  TRY("tkill the program", syscall(SYS_tkill, parent, 0));
  TRY("tgkill the program", syscall(SYS_tgkill, parent, parent, 0));
  TRY("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, parent, 0, &info));
  TRY("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, parent, parent, 0, &info));
  TRY("pidfd_open", syscall(SYS_pidfd_open, parent, 0));
  TRY("pidfd_getfd", syscall(SYS_pidfd_getfd, -1, 0, 0));
  TRY("pidfd_send_signal", syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0));
}

static void try_reaching(const vc_surroundings *here) {
  const pid_t parent = here->parent;
  struct iovec none = {here->page, 0};
  struct rlimit limit = {0, 0};
  cpu_set_t processors;
  sched_getaffinity(0, sizeof processors, &processors);
  TRY("ptrace", syscall(SYS_ptrace, PTRACE_PEEKDATA, parent, NULL, NULL));
  TRY("process_vm_readv", process_vm_readv(parent, &none, 1, &none, 1, 0));
  TRY("process_vm_writev", process_vm_writev(parent, &none, 1, &none, 1, 0));
  TRY("kcmp", syscall(SYS_kcmp, parent, parent, 0, 0, 0));
  TRY("read the program's limits", syscall(SYS_prlimit64, parent, RLIMIT_CORE, NULL, &limit));
  TRY("set the program's limits", syscall(SYS_prlimit64, parent, RLIMIT_CORE, &limit, NULL));
  limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
  TRY("set own limits", setrlimit(RLIMIT_CORE, &limit));
  TRY("sched_setaffinity", sched_setaffinity(parent, sizeof processors, &processors));
  struct sched_param parameters = {0};
  TRY("sched_setscheduler", sched_setscheduler(parent, SCHED_OTHER, &parameters));
  TRY("setpriority", setpriority(PRIO_PROCESS, (id_t)parent, 0));
  TRY("ioprio_set", syscall(SYS_ioprio_set, 1, parent, 0));
  TRY("process_madvise", syscall(SYS_process_madvise, -1, &none, 1, 0, 0));
  TRY("unshare", unshare(0));
  TRY("setns", setns(-1, 0));
  TRY("setpgid", setpgid(0, 0));
  TRY("setuid", syscall(SYS_setuid, getuid()));
  TRY("setgroups", syscall(SYS_setgroups, -1, NULL));
  TRY("capset", syscall(SYS_capset, NULL, NULL));
  TRY("become dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  TRY("be traced", prctl(PR_SET_PTRACER, 0, 0, 0, 0));
  TRY("adopt processes", prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0));
  TRY("wait4", wait4(-1, NULL, WNOHANG, NULL));
}

void vc_try_processes(const vc_surroundings *here) {
  try_starting(here);
  try_signalling(here);
  try_reaching(here);
}
