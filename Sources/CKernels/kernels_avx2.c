#if defined(__x86_64__)
#define VL 8
#define TILE 6
#define SUFFIX avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int vc_not_for_this_processor;
#endif
