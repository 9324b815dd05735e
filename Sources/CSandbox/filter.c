#include "walls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The filter: a program of the kernel's classic packet filter that looks at each system call. What
// is not on its list fails with EPERM. Note what the list has not: any call that takes a path, and
// any that makes a descriptor. Files come from the program, already open (see vc_receive).

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE_ARCHITECTURE

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/// The lower half of an argument; both architectures store it first.
#define LOAD_LOW(argument) LOAD(args[argument])
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ALLOWED RETURN(SECCOMP_RET_ALLOW)
#define REFUSED RETURN(SECCOMP_RET_ERRNO | EPERM)
/// Skips so many instructions unless the call is this one.
#define UNLESS(name, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, skipped)

/// One call allowed, whatever its arguments.
#define ALLOW(name) UNLESS(name, 1), ALLOWED
/// One call that the C library is to believe missing, so that it takes the older one.
#define HIDE(name) UNLESS(name, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS)
/// One call allowed where the argument (an int) has this value.
#define ALLOW_VALUE(name, argument, value)                                           \
  UNLESS(name, 4), LOAD_LOW(argument),                                               \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, 1), ALLOWED, REFUSED
/// One call allowed where the argument has none of these bits.
#define ALLOW_WITHOUT(name, argument, bits)                                          \
  UNLESS(name, 4), LOAD_LOW(argument),                                               \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), 1, 0), ALLOWED, REFUSED

/// What the C library asks for when it starts a thread, and nothing else starts one.
#define THREAD_FLAGS                                                                    \
  (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
   CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

int vc_filter_calls(void) {
  // The kernel passes its numbers in registers of 32 bits.
  const uint32_t self = (uint32_t)getpid();
  struct sock_filter filter[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
      RETURN(SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
#ifdef __x86_64__
      // The other set of numbers for the same calls (x32).
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
      // Reading the file, talking to the program. The most frequent calls come first.
      ALLOW(futex), ALLOW(pread64), ALLOW(read), ALLOW(write), ALLOW(writev), ALLOW(recvmsg),
      ALLOW(ppoll), ALLOW(fstat), ALLOW(close),
#ifdef __x86_64__
      ALLOW(poll), ALLOW(time),
#endif
      // Memory, none of it for machine code.
      ALLOW_WITHOUT(mmap, 2, PROT_EXEC), ALLOW_WITHOUT(mprotect, 2, PROT_EXEC), ALLOW(munmap),
      ALLOW(mremap), ALLOW(madvise), ALLOW(brk),
      // Threads.
      ALLOW_VALUE(clone, 0, THREAD_FLAGS), HIDE(clone3), ALLOW(set_robust_list), ALLOW(rseq),
      ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(getcpu), ALLOW_VALUE(prctl, 0, PR_SET_NAME),
      // Signals: how one is handled, and to raise one in itself (abort).
      ALLOW(rt_sigprocmask), ALLOW(rt_sigaction), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
      ALLOW_VALUE(tgkill, 0, self),
      // Time, and a wait that goes on after a stop.
      ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(nanosleep), ALLOW(clock_nanosleep),
      ALLOW(restart_syscall),
      // Questions.
      ALLOW(getpid), ALLOW(gettid), ALLOW(getrandom), ALLOW(sysinfo),
      // The end.
      ALLOW(exit), ALLOW(exit_group),
      REFUSED,
  };
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  // A thread that cannot be confined too is told of by its number.
  const long result =
      syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return result == 0 ? 0 : result < 0 ? errno : EBUSY;
}

#else

int vc_filter_calls(void) { return ENOSYS; }

#endif
