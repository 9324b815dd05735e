/// Strides of a `vc_layout`, in floats.
#ifndef VIDCLASS_LAYOUT_H
#define VIDCLASS_LAYOUT_H

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

static inline ptrdiff_t min_of(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

#endif
