#if defined(__x86_64__)
#include <immintrin.h>
#define VL 16
#define TILE 8
#define SUFFIX avx512bf16
#define HAS_BF16
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#else
typedef int vc_not_for_this_processor;
#endif
