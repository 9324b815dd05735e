#include <string.h>

#include "CKernels.h"

extern const vc_kernels vc_kernels_generic;
#if defined(__x86_64__)
extern const vc_kernels vc_kernels_avx2, vc_kernels_avx512, vc_kernels_avx512bf16;
#elif defined(__aarch64__)
extern const vc_kernels vc_kernels_neon;
#endif

const vc_kernels *vc_kernels_named(const char *name) {
  if (strcmp(name, "generic") == 0) return &vc_kernels_generic;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return &vc_kernels_avx2;
  if (strncmp(name, "avx512", 6) == 0 && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    if (strcmp(name, "avx512") == 0) return &vc_kernels_avx512;
    if (strcmp(name, "avx512bf16") == 0 && __builtin_cpu_supports("avx512bf16"))
      return &vc_kernels_avx512bf16;
  }
#elif defined(__aarch64__)
  if (strcmp(name, "neon") == 0) return &vc_kernels_neon;
#endif
  return NULL;
}

const vc_kernels *vc_kernels_best(void) {
  const char *order[] = {"avx512bf16", "avx512", "avx2", "neon", "generic"};
  for (int i = 0; i < 5; i++) {
    const vc_kernels *found = vc_kernels_named(order[i]);
    if (found) return found;
  }
  return &vc_kernels_generic;
}
