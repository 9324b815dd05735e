/// Weights in panels, of floats or of pairs of bf16.
#ifndef VIDCLASS_PACKED_H
#define VIDCLASS_PACKED_H

#include "layout.h"

/// Words that stand for a run of values.
static inline ptrdiff_t packed_words(ptrdiff_t run, vc_element element) {
  return (run + word_elements(element) - 1) / word_elements(element);
}

/// Writes value `k` of a run for column `j` of a panel; the run's words begin at row `first`. The
/// pair of an odd run's last value is completed by a zero, so runs are written in order.
static inline void put_packed(float *packed, vc_element element, ptrdiff_t first, ptrdiff_t k,
                              ptrdiff_t j, ptrdiff_t panel_width, float value) {
  if (element != vc_bf16) {
    packed[(first + k) * panel_width + j] =
        element == vc_rounded ? bf16_value(bf16_from(value)) : value;
    return;
  }
  uint16_t *pair = (uint16_t *)(packed + (first + k / 2) * panel_width + j);
  pair[k % 2] = bf16_from(value);
  if (k % 2 == 0) pair[1] = 0;
}

#endif
