// What Intel documents of the AVX512_BF16 instructions, in plain C: sanitize-kernels builds the kernels
// that use them with these, to run them on any processor.
#include <stdint.h>
#include <string.h>

typedef float wide_floats __attribute__((vector_size(64), aligned(4)));
typedef uint16_t wide_pairs __attribute__((vector_size(64), aligned(4)));
typedef uint16_t wide_halves __attribute__((vector_size(32), aligned(2)));

static inline float wide_value(uint16_t x) {
  const uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// VDPBF16PS: the odd elements' products are added first.
static inline wide_floats wide_dot(wide_floats sum, wide_pairs a, wide_pairs b) {
  for (int i = 0; i < 16; i++) {
    sum[i] += wide_value(a[2 * i + 1]) * wide_value(b[2 * i + 1]);
    sum[i] += wide_value(a[2 * i]) * wide_value(b[2 * i]);
  }
  return sum;
}

/// VCVTNEPS2BF16: NaNs become quiet, denormals zero, the rest goes to the nearest and ties to even.
static inline wide_halves wide_narrow(wide_floats values) {
  wide_halves narrow;
  for (int i = 0; i < 16; i++) {
    uint32_t bits;
    float value = values[i];
    memcpy(&bits, &value, sizeof bits);
    const uint32_t size = bits & 0x7fffffff;
    if (size > 0x7f800000)
      narrow[i] = (uint16_t)(bits >> 16 | 0x40);
    else if (size < 0x800000)
      narrow[i] = (uint16_t)(bits >> 16 & 0x8000);
    else
      narrow[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
  return narrow;
}

static inline wide_floats wide_ones(float x) { return x - (wide_floats){0}; }
static inline wide_pairs wide_words(int32_t x) {
  wide_pairs pairs;
  for (int i = 0; i < 16; i++) memcpy((char *)&pairs + 4 * i, &x, 4);
  return pairs;
}

#define __m512 wide_floats
#define __m512bh wide_pairs
#define _mm512_dpbf16_ps wide_dot
#define _mm512_cvtneps_pbh wide_narrow
#define _mm512_set1_ps wide_ones
#define _mm512_set1_epi32 wide_words
