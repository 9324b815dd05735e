#if defined(__aarch64__)
// A vector is two registers: of 32, the sums of a tile take 24 and a panel's weights four.
#define VL 8
#define TILE 6
#define SUFFIX neon
#include "kernels.inc"
#else
typedef int vc_not_for_this_processor;
#endif
