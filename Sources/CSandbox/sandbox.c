#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set_limit(int resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return errno;
  if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max = value;
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int vc_limit_self(const vc_process_limits *limits) {
  int error = set_limit(RLIMIT_CORE, 0);
  if (!error) error = set_limit(RLIMIT_FSIZE, 0);
  if (!error && limits->open_files) error = set_limit(RLIMIT_NOFILE, limits->open_files);
  if (!error && limits->data_bytes) error = set_limit(RLIMIT_DATA, limits->data_bytes);
  if (!error && limits->address_bytes) error = set_limit(RLIMIT_AS, limits->address_bytes);
  return error;
}

// The filter: a program of the kernel's classic packet filter that looks at each system call.

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE_ARCHITECTURE

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define FAIL(number) RETURN(SECCOMP_RET_ERRNO | (number))
/// One call refused, whatever its arguments.
#define REFUSE(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), FAIL(EPERM)
/// One call that the C library is to believe missing, so that it takes the older one.
#define HIDE(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), FAIL(ENOSYS)
/// Opening for anything but reading refused; `argument` is the index of the flags.
#define ONLY_READING(name, argument)                                                        \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4),                                   \
      LOAD(args[argument]),                                                                 \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1),    \
      FAIL(EPERM), RETURN(SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    // The other set of numbers for the same calls (x32).
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
    // Sockets.
    REFUSE(socket), REFUSE(socketpair), REFUSE(connect), REFUSE(bind), REFUSE(listen),
    REFUSE(accept4), REFUSE(sendto), REFUSE(sendmsg), REFUSE(sendmmsg),
    // Programs and processes; a thread is a clone too, and allowed.
    REFUSE(execve), REFUSE(execveat), HIDE(clone3), REFUSE(kill), REFUSE(ptrace),
    REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(unshare), REFUSE(setns),
    REFUSE(pidfd_open), REFUSE(pidfd_send_signal),
    // File systems.
    ONLY_READING(openat, 2), REFUSE(unlinkat), REFUSE(renameat2), REFUSE(mkdirat), REFUSE(mknodat),
    REFUSE(linkat), REFUSE(symlinkat), REFUSE(truncate), REFUSE(ftruncate), REFUSE(fallocate),
    REFUSE(fchmod), REFUSE(fchmodat), REFUSE(fchown), REFUSE(fchownat), REFUSE(utimensat),
    REFUSE(setxattr), REFUSE(lsetxattr), REFUSE(fsetxattr), REFUSE(mount), REFUSE(umount2),
    REFUSE(chroot), REFUSE(pivot_root),
    // Doors into the kernel that have been left open before.
    REFUSE(bpf), REFUSE(perf_event_open), REFUSE(io_uring_setup), REFUSE(keyctl), REFUSE(add_key),
    REFUSE(request_key),
#ifdef __NR_userfaultfd
    REFUSE(userfaultfd),
#endif
#ifdef __NR_openat2
    HIDE(openat2),
#endif
#ifdef __NR_renameat
    REFUSE(renameat),
#endif
#ifdef __x86_64__
    REFUSE(accept), REFUSE(fork), REFUSE(vfork), ONLY_READING(open, 1), REFUSE(creat),
    REFUSE(unlink), REFUSE(rename), REFUSE(mkdir), REFUSE(rmdir), REFUSE(mknod), REFUSE(link),
    REFUSE(symlink), REFUSE(chmod), REFUSE(chown), REFUSE(lchown), REFUSE(utime), REFUSE(utimes),
#endif
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
    FAIL(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
};

int vc_confine_self(void) {
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}

#else

int vc_confine_self(void) {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? ENOSYS : errno;
}

#endif
