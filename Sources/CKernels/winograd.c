// Winograd F(2×2, 3×3): sizes of blocks, and weights into transformed panels.

#include "packed.h"

/// Rows of products taken together: few enough that their products stay in the second cache, many
/// enough that a panel of weights, read from further away, is used often.
/// `together` tiles share the words of their transforms.
static vc_winograd_block block(const vc_conv *c, ptrdiff_t panel_width, ptrdiff_t rows,
                               vc_element element, ptrdiff_t together) {
  const vc_layout *out = &c->output;
  const ptrdiff_t all = (out->height + 1) / 2 * ((out->width + 1) / 2);
  const ptrdiff_t panels = (out->channels + panel_width - 1) / panel_width;
  vc_winograd_block b = {.element = element};
  b.tiles = min_of(rows / out->depth > 0 ? rows / out->depth : 1, all);
  b.panels = min_of(64 / panel_width, panels);
  // Two cache lines more, so that the 16 points of a value do not share a cache set.
  const ptrdiff_t words = (b.tiles + together - 1) / together;
  b.v_stride = words * (out->depth + c->kernel_depth - 1) * c->input.channels;
  b.v_stride = (packed_words(b.v_stride, element) + 32) * word_elements(element);
  b.m_stride = words * out->depth * panel_width + 32;
  return b;
}

/// What products are taken of.
static vc_element factors(const vc_conv *c, const vc_kernels *kernels) {
  return c->input.element == vc_bf16 ? kernels->packed_bf16 : vc_fp32;
}

vc_winograd_block vc_winograd_forward_block(const vc_conv *c, const vc_kernels *kernels) {
  vc_winograd_block b = block(c, kernels->panel_width, 72, factors(c, kernels), 1);
  // Products of few channels stay in registers.
  if (winograd_is_thin(c)) b.m_stride = 0;
  return b;
}

vc_winograd_block vc_winograd_gradient_block(const vc_conv *c, const vc_kernels *kernels) {
  const ptrdiff_t together = word_elements(factors(c, kernels));
  return block(c, kernels->panel_width, 144 * together, vc_fp32, together);
}

ptrdiff_t vc_winograd_scratch(const vc_winograd_block *b) {
  return 16 * (b->v_stride / word_elements(b->element) + b->panels * b->m_stride);
}

/// `G g` for one column of three.
static void spread(const double g[3], double u[4]) {
  u[0] = g[0];
  u[1] = (g[0] + g[1] + g[2]) / 2;
  u[2] = (g[0] - g[1] + g[2]) / 2;
  u[3] = g[2];
}

void vc_winograd_pack(const float *weights, float *packed, vc_element element, ptrdiff_t outputs,
                      ptrdiff_t inputs, ptrdiff_t kernel_depth, ptrdiff_t panel_width,
                      int transposed, const float *output_scale, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t columns = transposed ? inputs : outputs, depth = transposed ? outputs : inputs;
  const ptrdiff_t panels = (columns + panel_width - 1) / panel_width;
  const ptrdiff_t run = kernel_depth * depth, words = packed_words(run, element);
  for (ptrdiff_t panel = begin; panel < end; panel++)
    for (ptrdiff_t k = 0; k < run; k++)
      for (ptrdiff_t j = 0; j < panel_width; j++) {
        const ptrdiff_t column = panel * panel_width + j, tap = k / depth, i = k % depth;
        double half[4][3] = {{0}}, u[4];
        if (column < columns) {
          const ptrdiff_t o = transposed ? i : column, from = transposed ? column : i;
          const double scale = output_scale ? output_scale[o] : 1;
          const ptrdiff_t at = transposed ? kernel_depth - 1 - tap : tap;
          const float *kernel = weights + ((o * inputs + from) * kernel_depth + at) * 9;
          for (int w = 0; w < 3; w++) {
            double g[3], spread_g[4];
            for (int h = 0; h < 3; h++)
              g[h] = scale * (transposed ? kernel[8 - h * 3 - w] : kernel[h * 3 + w]);
            spread(g, spread_g);
            for (int h = 0; h < 4; h++) half[h][w] = spread_g[h];
          }
        }
        for (int h = 0; h < 4; h++) {
          spread(half[h], u);
          for (int w = 0; w < 4; w++)
            put_packed(packed, element, ((h * 4 + w) * panels + panel) * words, k, j, panel_width,
                       (float)u[w]);
        }
      }
}
