#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  mkdir("/dev", 0755); mknod("/dev/ttyS0", S_IFCHR | 0600, makedev(4, 64));
  int fd = open("/dev/ttyS0", O_RDWR); dup2(fd, 0); dup2(fd, 1); dup2(fd, 2);
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("VIDCLASS begins\n");
  pid_t p = fork();
  if (p == 0) { execl("/check", "check", "40", "avx512", "avx2", NULL); perror("check"); _exit(9); }
  int status; waitpid(p, &status, 0);
  printf("VIDCLASS ends %d\n", status);
  sync(); reboot(RB_POWER_OFF); for (;;) pause();
}
