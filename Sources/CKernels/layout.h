/// Strides of a `vc_layout`, in elements, and other sizes.
#ifndef VIDCLASS_LAYOUT_H
#define VIDCLASS_LAYOUT_H

#include <string.h>

#include "CKernels.h"

static inline ptrdiff_t row_stride(const vc_layout *l) {
  return (l->width + 2 * l->halo_width) * l->channels;
}

static inline ptrdiff_t plane_stride(const vc_layout *l) {
  return (l->height + 2 * l->halo_height) * row_stride(l);
}

/// Offset of the first interior value.
static inline ptrdiff_t interior(const vc_layout *l) {
  return l->halo_depth * plane_stride(l) + l->halo_height * row_stride(l) +
         l->halo_width * l->channels;
}

/// Offset of the value that the kernel's first tap reads for output position 0.
static inline ptrdiff_t first_tap(const vc_conv *c) {
  const vc_layout *l = &c->input;
  return (l->halo_depth - c->pad_depth) * plane_stride(l) +
         (l->halo_height - c->pad_height) * row_stride(l) +
         (l->halo_width - c->pad_width) * l->channels;
}

/// Whether a panel of Winograd's transformed weights is so small that it stays in the first cache.
static inline int winograd_is_thin(const vc_conv *c) {
  return c->kernel_depth * c->input.channels <= 24;
}

/// Where in the input the position that an index names lies, and all bits set where it counts.
typedef struct {
  ptrdiff_t offset;
  int32_t live;
} chosen_position;

static inline ptrdiff_t min_of(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/// The smallest multiple of `b` that is not below `a`.
static inline ptrdiff_t rounded_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b * b; }

/// Rows of outputs that a direct weight gradient takes together: about 128 positions of one panel,
/// 8 KB, a quarter of a small first cache.
static inline ptrdiff_t weight_gradient_rows(const vc_conv *c) {
  const ptrdiff_t width = c->output.width > 0 ? c->output.width : 1;
  const ptrdiff_t rows = min_of(128 / width, c->output.height);
  return rows < 1 ? 1 : rows;
}

/// Words of a sum that `bf16_product` takes at a time at most.
enum { bf16_block_words = 2048 };

/// Whether a layout holds bf16.
static inline int holds_bf16(const vc_layout *l) { return l->element == vc_bf16; }

/// Elements in a 32-bit word.
static inline ptrdiff_t word_elements(vc_element element) { return element == vc_bf16 ? 2 : 1; }

/// To nearest, ties to even; NaNs that arithmetic makes stay NaNs.
static inline uint16_t bf16_from(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float bf16_value(uint16_t x) {
  const uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
