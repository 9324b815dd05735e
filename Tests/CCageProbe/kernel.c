#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "attempts.h"

/// Memory that machine code could be put into.
static void try_code(const vc_surroundings *here) {
  const int code = PROT_READ | PROT_WRITE | PROT_EXEC;
  const void *page = mmap(NULL, 4096, code, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  vc_tell(here, "map memory for code", page == MAP_FAILED ? -1 : 0);
  page = mmap(NULL, 4, PROT_READ | PROT_EXEC, MAP_PRIVATE, here->file, 0);
  vc_tell(here, "map a file as code", page == MAP_FAILED ? -1 : 0);
  TRY("make memory code", mprotect(here->page, 4096, PROT_READ | PROT_EXEC));
  TRY("pkey_mprotect", syscall(SYS_pkey_mprotect, here->page, 4096, PROT_READ | PROT_EXEC, -1));
  TRY("memfd_create", syscall(SYS_memfd_create, "probe", 0));
  TRY("memfd_secret", syscall(447, 0));
  TRY("personality", syscall(SYS_personality, 0xffffffff));
}

/// Doors into the kernel. What they are asked for is nonsense where it could do harm.
static void try_doors(const vc_surroundings *here) {
  TRY("io_uring_setup", syscall(SYS_io_uring_setup, 0, NULL));
  TRY("io_setup", syscall(SYS_io_setup, 0, NULL));
  TRY("bpf", syscall(SYS_bpf, -1, NULL, 0));
  TRY("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  TRY("userfaultfd", syscall(SYS_userfaultfd, -1));
  TRY("keyctl", syscall(SYS_keyctl, -1, 0, 0, 0, 0));
  TRY("add_key", syscall(SYS_add_key, NULL, NULL, NULL, 0, 0));
  TRY("request_key", syscall(SYS_request_key, NULL, NULL, NULL, 0));
  TRY("seccomp", syscall(SYS_seccomp, -1, 0, NULL));
  TRY("prctl, seccomp", prctl(PR_SET_SECCOMP, 99, 0, 0, 0));
  TRY("landlock_create_ruleset", syscall(444, NULL, 0, 1));
  TRY("kexec_load", syscall(SYS_kexec_load, 0, 17, NULL, ~0UL));
#ifdef SYS_kexec_file_load
  TRY("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, NULL, ~0UL));
#endif
  TRY("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
  TRY("init_module", syscall(SYS_init_module, NULL, 0, NULL));
  TRY("swapon", syscall(SYS_swapon, "/nowhere", 0));
  TRY("quotactl", syscall(SYS_quotactl, -1, NULL, 0, NULL));
  TRY("sethostname", syscall(SYS_sethostname, NULL, -1));
  TRY("settimeofday", syscall(SYS_settimeofday, NULL, NULL));
  TRY("clock_settime", syscall(SYS_clock_settime, 99, NULL));
  TRY("adjtimex", syscall(SYS_adjtimex, NULL));
  TRY("syslog", syscall(SYS_syslog, 10, NULL, 0));
}

/// Things other processes could meet, and descriptors of new kinds.
static void try_meeting_places(const vc_surroundings *here) {
  TRY("shmget", syscall(SYS_shmget, 0, 0, 0));
  TRY("msgget", syscall(SYS_msgget, 0x7fffffff, 0));
  TRY("semget", syscall(SYS_semget, 0x7fffffff, 0, 0));
  TRY("mq_open", syscall(SYS_mq_open, "vidclass-cage-probe", 0, 0, NULL));
  TRY("eventfd2", syscall(SYS_eventfd2, 0, 0));
  TRY("epoll_create1", syscall(SYS_epoll_create1, 0));
  TRY("timerfd_create", syscall(SYS_timerfd_create, 0, 0));
  TRY("signalfd4", syscall(SYS_signalfd4, -1, NULL, 0, 0));
  TRY("timer_create", syscall(SYS_timer_create, 99, NULL, NULL));
  TRY("setitimer", syscall(SYS_setitimer, 0, NULL, NULL));
  TRY("mlock", mlock(here->page, 4096));
  TRY("uname", syscall(SYS_uname, here->page));
  TRY("getppid", syscall(SYS_getppid));
}

void vc_try_kernel(const vc_surroundings *here) {
  try_code(here);
  try_doors(here);
  try_meeting_places(here);
}
