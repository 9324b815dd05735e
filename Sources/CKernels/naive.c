// The naive twins: the definitions, written as the textbooks write them.

#include <math.h>

#include "CKernels.h"

/// Calls `body` for each (output position, output channel, tap, input channel) whose input lies
/// inside; `x`, `y`, `k` are flat indices into input, output and `[O, I, kD, kH, kW]` weights.
#define FOR_EACH_PRODUCT(c, x, y, k, body)                                                        \
  for (ptrdiff_t od = 0; od < c->output.depth; od++)                                              \
    for (ptrdiff_t oh = 0; oh < c->output.height; oh++)                                           \
      for (ptrdiff_t ow = 0; ow < c->output.width; ow++)                                          \
        for (ptrdiff_t kd = 0; kd < c->kernel_depth; kd++)                                        \
          for (ptrdiff_t kh = 0; kh < c->kernel_height; kh++)                                     \
            for (ptrdiff_t kw = 0; kw < c->kernel_width; kw++) {                                  \
              const ptrdiff_t d = od * c->stride_depth + kd - c->pad_depth;                       \
              const ptrdiff_t h = oh * c->stride_height + kh - c->pad_height;                     \
              const ptrdiff_t w = ow * c->stride_width + kw - c->pad_width;                       \
              if (d < 0 || h < 0 || w < 0 || d >= c->input.depth || h >= c->input.height ||       \
                  w >= c->input.width)                                                            \
                continue;                                                                         \
              for (ptrdiff_t o = 0; o < c->output.channels; o++)                                  \
                for (ptrdiff_t i = 0; i < c->input.channels; i++) {                               \
                  const ptrdiff_t x =                                                             \
                      ((d * c->input.height + h) * c->input.width + w) * c->input.channels + i;   \
                  const ptrdiff_t y = ((od * c->output.height + oh) * c->output.width + ow) *     \
                                          c->output.channels +                                    \
                                      o;                                                          \
                  const ptrdiff_t k = (((o * c->input.channels + i) * c->kernel_depth + kd) *     \
                                           c->kernel_height +                                     \
                                       kh) *                                                      \
                                          c->kernel_width +                                       \
                                      kw;                                                         \
                  body;                                                                           \
                }                                                                                 \
            }

static ptrdiff_t size_of(const vc_layout *l) {
  return l->depth * l->height * l->width * l->channels;
}

void vc_naive_conv_forward(const vc_conv *conv, const float *input, const float *weights,
                           const float *bias, float *output) {
  const ptrdiff_t size = size_of(&conv->output);
  double sums[size];
  for (ptrdiff_t i = 0; i < size; i++) sums[i] = bias ? bias[i % conv->output.channels] : 0;
  FOR_EACH_PRODUCT(conv, x, y, k, sums[y] += (double)input[x] * weights[k])
  for (ptrdiff_t i = 0; i < size; i++) output[i] = (float)sums[i];
}

void vc_naive_conv_input_gradient(const vc_conv *conv, const float *weights,
                                  const float *output_gradient, float *input_gradient) {
  const ptrdiff_t size = size_of(&conv->input);
  double sums[size];
  for (ptrdiff_t i = 0; i < size; i++) sums[i] = 0;
  FOR_EACH_PRODUCT(conv, x, y, k, sums[x] += (double)output_gradient[y] * weights[k])
  for (ptrdiff_t i = 0; i < size; i++) input_gradient[i] = (float)sums[i];
}

void vc_naive_conv_weight_gradient(const vc_conv *conv, const float *input,
                                   const float *output_gradient, float *gradient) {
  const ptrdiff_t size = conv->output.channels * conv->input.channels * conv->kernel_depth *
                         conv->kernel_height * conv->kernel_width;
  double sums[size];
  for (ptrdiff_t i = 0; i < size; i++) sums[i] = 0;
  FOR_EACH_PRODUCT(conv, x, y, k, sums[k] += (double)output_gradient[y] * input[x])
  for (ptrdiff_t i = 0; i < size; i++) gradient[i] = (float)sums[i];
}

void vc_naive_pool_forward(const vc_pool *p, const float *input, const float *scale,
                           const float *shift, float *output, uint8_t *index) {
  const ptrdiff_t channels = p->input.channels;
  for (ptrdiff_t d = 0; d < p->output.depth; d++)
    for (ptrdiff_t h = 0; h < p->output.height; h++)
      for (ptrdiff_t w = 0; w < p->output.width; w++)
        for (ptrdiff_t c = 0; c < channels; c++) {
          float best = -INFINITY;
          int at = 0, number = 0;
          for (ptrdiff_t kd = 0; kd < p->window_depth; kd++)
            for (ptrdiff_t kh = 0; kh < p->window_height; kh++)
              for (ptrdiff_t kw = 0; kw < p->window_width; kw++, number++) {
                const ptrdiff_t x =
                    (((d * p->window_depth + kd) * p->input.height + h * p->window_height + kh) *
                         p->input.width +
                     w * p->window_width + kw) *
                        channels +
                    c;
                const float value = scale[c] * input[x] + shift[c];
                if (value > best) {
                  best = value;
                  at = number;
                }
              }
          if (p->relu && !(best > 0)) {
            best = 0;
            at = vc_pool_dead;
          }
          if (p->relu && best >= p->ceiling) {
            best = p->ceiling;
            at = vc_pool_dead;
          }
          const ptrdiff_t y =
              ((d * p->output.height + h) * p->output.width + w) * channels + c;
          output[y] = best;
          index[y] = (uint8_t)at;
        }
}

void vc_naive_pool_backward(const vc_pool *p, const float *output_gradient, const uint8_t *index,
                            float *input_gradient) {
  const ptrdiff_t channels = p->input.channels;
  for (ptrdiff_t i = 0; i < size_of(&p->input); i++) input_gradient[i] = 0;
  for (ptrdiff_t y = 0; y < size_of(&p->output); y++) {
    if (index[y] == vc_pool_dead) continue;
    const ptrdiff_t c = y % channels, position = y / channels;
    const ptrdiff_t w = position % p->output.width, rest = position / p->output.width;
    const ptrdiff_t h = rest % p->output.height, d = rest / p->output.height;
    const ptrdiff_t kw = index[y] % p->window_width;
    const ptrdiff_t kh = index[y] / p->window_width % p->window_height;
    const ptrdiff_t kd = index[y] / p->window_width / p->window_height;
    const ptrdiff_t x =
        (((d * p->window_depth + kd) * p->input.height + h * p->window_height + kh) *
             p->input.width +
         w * p->window_width + kw) *
            channels +
        c;
    input_gradient[x] += output_gradient[y];
  }
}

void vc_naive_lstm_step(const float *input, const float *hidden_before, const float *cell_before,
                        const float *weight_ih, const float *weight_hh, const float *bias_ih,
                        const float *bias_hh, ptrdiff_t inputs, ptrdiff_t hidden,
                        float *hidden_after, float *cell_after) {
  for (ptrdiff_t j = 0; j < hidden; j++) {
    double gate[4];
    for (ptrdiff_t g = 0; g < 4; g++) {
      const ptrdiff_t row = g * hidden + j;
      double sum = bias_ih[row] + bias_hh[row];
      for (ptrdiff_t i = 0; i < inputs; i++) sum += (double)weight_ih[row * inputs + i] * input[i];
      for (ptrdiff_t i = 0; i < hidden; i++)
        sum += (double)weight_hh[row * hidden + i] * hidden_before[i];
      gate[g] = g == 2 ? tanh(sum) : 1 / (1 + exp(-sum));
    }
    const double cell = gate[1] * cell_before[j] + gate[0] * gate[2];
    cell_after[j] = (float)cell;
    hidden_after[j] = (float)(gate[3] * tanh(cell));
  }
}
