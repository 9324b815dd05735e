// Weights into panels and back, col2im, halos, transposition: moving, not computing.

#include "packed.h"

ptrdiff_t vc_weight_gradient_scratch(const vc_conv *c, const vc_kernels *kernels) {
  const ptrdiff_t rows = weight_gradient_rows(c), panel_width = kernels->panel_width;
  if (c->input.element == vc_fp32) return rows * c->output.width * panel_width;
  // Gradients for all panels and the patches of a kernel row; vectors and register tiles go past
  // the last value.
  const ptrdiff_t panels = (c->output.channels + panel_width - 1) / panel_width;
  const ptrdiff_t run = c->kernel_width * c->input.channels;
  return rows * packed_words(c->output.width, kernels->packed_bf16) * (panels * panel_width + run) +
         vc_read_slack;
}

void vc_pack_weights(const float *weights, float *packed, vc_element element, ptrdiff_t outputs,
                     ptrdiff_t inputs, ptrdiff_t kernel_depth, ptrdiff_t kernel_height,
                     ptrdiff_t kernel_width, ptrdiff_t panel_width, int transposed,
                     const float *output_scale, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t rows = kernel_depth * kernel_height, taps = rows * kernel_width;
  const ptrdiff_t columns = transposed ? inputs : outputs, depth = transposed ? outputs : inputs;
  const ptrdiff_t run = kernel_width * depth, words = packed_words(run, element);
  for (ptrdiff_t panel = begin; panel < end; panel++)
    for (ptrdiff_t row = 0; row < rows; row++)
      for (ptrdiff_t k = 0; k < run; k++)
        for (ptrdiff_t j = 0; j < panel_width; j++) {
          const ptrdiff_t column = panel * panel_width + j;
          const ptrdiff_t tap = row * kernel_width + k / depth, i = k % depth;
          const ptrdiff_t o = transposed ? i : column, from = transposed ? column : i;
          const ptrdiff_t at = transposed ? taps - 1 - tap : tap;
          float value = 0;
          if (column < columns) {
            value = weights[(o * inputs + from) * taps + at];
            if (output_scale) value *= output_scale[o];
          }
          put_packed(packed, element, ((panel * rows + row) * words), k, j, panel_width, value);
        }
}

void vc_unpack_weights(const float *packed, float *weights, ptrdiff_t outputs, ptrdiff_t inputs,
                       ptrdiff_t kernel_depth, ptrdiff_t kernel_height, ptrdiff_t kernel_width,
                       ptrdiff_t panel_width, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t taps = kernel_depth * kernel_height * kernel_width;
  for (ptrdiff_t panel = begin; panel < end; panel++) {
    const float *source = packed + panel * taps * inputs * panel_width;
    for (ptrdiff_t tap = 0; tap < taps; tap++)
      for (ptrdiff_t i = 0; i < inputs; i++, source += panel_width)
        for (ptrdiff_t j = 0; j < min_of(panel_width, outputs - panel * panel_width); j++)
          weights[((panel * panel_width + j) * inputs + i) * taps + tap] = source[j];
  }
}

/// Offset in the input of the first tap of a flattened output position.
static ptrdiff_t patch_start(const vc_conv *c, ptrdiff_t position) {
  const ptrdiff_t plane = c->output.height * c->output.width;
  const ptrdiff_t d = position / plane, rest = position % plane;
  return first_tap(c) + d * c->stride_depth * plane_stride(&c->input) +
         rest / c->output.width * c->stride_height * row_stride(&c->input) +
         rest % c->output.width * c->stride_width * c->input.channels;
}

void vc_col2im(const vc_conv *c, const float *columns, float *input_gradient, ptrdiff_t begin,
               ptrdiff_t end) {
  const ptrdiff_t run = c->kernel_width * c->input.channels;
  for (ptrdiff_t position = begin; position < end; position++) {
    float *patch = input_gradient + patch_start(c, position);
    for (ptrdiff_t d = 0; d < c->kernel_depth; d++)
      for (ptrdiff_t h = 0; h < c->kernel_height; h++, columns += run) {
        float *target = patch + d * plane_stride(&c->input) + h * row_stride(&c->input);
        for (ptrdiff_t k = 0; k < run; k++) target[k] += columns[k];
      }
  }
}

void vc_clear_halo(const vc_layout *l, void *padded) {
  const ptrdiff_t bytes = l->element == vc_bf16 ? 2 : 4;
  const ptrdiff_t row = row_stride(l) * bytes, plane = plane_stride(l) * bytes;
  const ptrdiff_t side = l->halo_width * l->channels * bytes;
  const ptrdiff_t inside = l->width * l->channels * bytes;
  char *p = padded;
  memset(p, 0, (size_t)(l->halo_depth * plane));
  p += l->halo_depth * plane;
  for (ptrdiff_t d = 0; d < l->depth; d++) {
    memset(p, 0, (size_t)(l->halo_height * row));
    p += l->halo_height * row;
    for (ptrdiff_t h = 0; h < l->height; h++, p += row) {
      memset(p, 0, (size_t)side);
      memset(p + side + inside, 0, (size_t)side);
    }
    memset(p, 0, (size_t)(l->halo_height * row));
    p += l->halo_height * row;
  }
  memset(p, 0, (size_t)(l->halo_depth * plane));
}

ptrdiff_t vc_bf16_product_scratch(ptrdiff_t rows) {
  // Rows of both factors, of whole vectors.
  return (rows + 4) * (bf16_block_words + vc_read_slack);
}

void vc_to_bf16(const float *values, uint16_t *elements, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) elements[i] = bf16_from(values[i]);
}

void vc_from_bf16(const uint16_t *elements, float *values, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) values[i] = bf16_value(elements[i]);
}

void vc_pad(const vc_layout *l, const float *dense, void *padded) {
  vc_clear_halo(l, padded);
  const ptrdiff_t inside = l->width * l->channels;
  for (ptrdiff_t d = 0; d < l->depth; d++)
    for (ptrdiff_t h = 0; h < l->height; h++, dense += inside) {
      const ptrdiff_t at = interior(l) + d * plane_stride(l) + h * row_stride(l);
      if (l->element == vc_bf16)
        vc_to_bf16(dense, (uint16_t *)padded + at, inside);
      else
        memcpy((float *)padded + at, dense, sizeof(float) * (size_t)inside);
    }
}

void vc_unpad(const vc_layout *l, const float *padded, float *dense) {
  const ptrdiff_t inside = l->width * l->channels;
  padded += interior(l);
  for (ptrdiff_t d = 0; d < l->depth; d++)
    for (ptrdiff_t h = 0; h < l->height; h++, dense += inside)
      memcpy(dense, padded + d * plane_stride(l) + h * row_stride(l),
             sizeof(float) * (size_t)inside);
}

void vc_transpose(const float *input, float *output, ptrdiff_t rows, ptrdiff_t columns) {
  const ptrdiff_t block = 16;
  for (ptrdiff_t r = 0; r < rows; r += block)
    for (ptrdiff_t c = 0; c < columns; c += block)
      for (ptrdiff_t i = r; i < min_of(r + block, rows); i++)
        for (ptrdiff_t j = c; j < min_of(c + block, columns); j++)
          output[j * rows + i] = input[i * columns + j];
}
