// How `pooled_weight_gradient` cuts a kernel into passes, and the way back from their sums.

#include "layout.h"

/// Vectors of a panel are two.
static ptrdiff_t vector(ptrdiff_t panel_width) { return panel_width / 2; }

/// Kernel rows of a pass: all three of a plane where they are short.
static ptrdiff_t rows_of(const vc_conv *c, ptrdiff_t vectors) {
  return c->kernel_height == 3 && 3 * vectors <= vc_pooled_vectors ? 3 : 1;
}

/// Vectors of a kernel row.
static ptrdiff_t row_vectors(const vc_conv *c, ptrdiff_t panel_width) {
  const ptrdiff_t run = c->kernel_width * c->input.channels;
  return (run + vector(panel_width) - 1) / vector(panel_width);
}

/// Floats of one output channel's sums.
static ptrdiff_t width_of(ptrdiff_t panel_width) { return vc_pooled_vectors * vector(panel_width); }

ptrdiff_t vc_pooled_sums(const vc_conv *c, ptrdiff_t panel_width) {
  return c->output.channels * width_of(panel_width);
}

ptrdiff_t vc_pooled_passes(const vc_conv *c, ptrdiff_t panel_width) {
  const ptrdiff_t vectors = row_vectors(c, panel_width);
  return c->kernel_depth * c->kernel_height / rows_of(c, vectors) *
         ((vectors + vc_pooled_vectors - 1) / vc_pooled_vectors);
}

vc_pooled_pass vc_pooled_pass_at(const vc_conv *c, ptrdiff_t panel_width, ptrdiff_t number) {
  const ptrdiff_t vectors = row_vectors(c, panel_width), rows = rows_of(c, vectors);
  const ptrdiff_t parts = (vectors + vc_pooled_vectors - 1) / vc_pooled_vectors;
  const ptrdiff_t each = (vectors + parts - 1) / parts, first = number % parts * each;
  const vc_pooled_pass pass = {number / parts * rows, rows, first * vector(panel_width),
                               min_of(each, vectors - first)};
  return pass;
}

void vc_unpack_pooled(const vc_conv *c, ptrdiff_t panel_width, const float *sums, float *weights,
                      ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t inputs = c->input.channels, run = c->kernel_width * inputs;
  const ptrdiff_t taps = c->kernel_depth * c->kernel_height * c->kernel_width;
  const ptrdiff_t width = width_of(panel_width);
  const ptrdiff_t passes = vc_pooled_passes(c, panel_width);
  for (ptrdiff_t number = 0; number < passes; number++) {
    const vc_pooled_pass pass = vc_pooled_pass_at(c, panel_width, number);
    const ptrdiff_t length = pass.vectors * vector(panel_width);
    for (ptrdiff_t o = begin; o < end; o++)
      for (ptrdiff_t r = 0; r < pass.rows; r++) {
        const float *source = sums + (number * c->output.channels + o) * width + r * length;
        float *target = weights + o * inputs * taps + (pass.row + r) * c->kernel_width;
        for (ptrdiff_t j = 0; j < min_of(length, run - pass.start); j++) {
          const ptrdiff_t k = pass.start + j;
          target[k % inputs * taps + k / inputs] = source[j];
        }
      }
  }
}
