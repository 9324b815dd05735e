/// The hot loops of vidclass: channels-last activations with stored padding, 32-bit floats or bf16.
///
/// Every fast kernel lives in `kernels.inc`, is compiled once for each instruction set, and has a
/// naive twin in `naive.c` that the tests hold it against.
#ifndef VIDCLASS_CKERNELS_H
#define VIDCLASS_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// How the values of an activation are stored. What is not an activation or a convolution's packed
/// weights is always a float. Packed weights may also be `vc_rounded`: floats of bf16's values, for
/// processors that only multiply floats.
typedef enum { vc_fp32 = 0, vc_bf16 = 1, vc_rounded = 2 } vc_element;

/// One sample `[depth, height, width, channels]` inside a buffer that stores `halo` more positions
/// on both sides of each of the three axes.
typedef struct {
  ptrdiff_t depth, height, width, channels;
  ptrdiff_t halo_depth, halo_height, halo_width;
  vc_element element;
} vc_layout;

/// A convolution (cross-correlation, as in PyTorch) of one sample.
typedef struct {
  vc_layout input, output;
  ptrdiff_t kernel_depth, kernel_height, kernel_width;
  ptrdiff_t stride_depth, stride_height, stride_width;
  ptrdiff_t pad_depth, pad_height, pad_width;
} vc_conv;

/// Normalisation, ReLU and non-overlapping max pooling in one pass over one sample:
/// `output = max over window(relu(scale[c] * input + shift[c]))`, and with ReLU at most `ceiling`.
typedef struct {
  vc_layout input, output;
  ptrdiff_t window_depth, window_height, window_width;
  int relu;
  float ceiling;
} vc_pool;

/// `vc_pool` marks a window whose ReLU is off, or at its ceiling, with this index: no gradient passes.
enum { vc_pool_dead = 255 };

/// Vectors of sums that `pooled_weight_gradient` holds at a time.
enum { vc_pooled_vectors = 12 };

/// The part of a kernel that one pass of `pooled_weight_gradient` takes: of each of `rows` rows,
/// counted over all depths from `row` on, `vectors` vectors from the value `start` on.
typedef struct {
  ptrdiff_t row, rows, start, vectors;
} vc_pooled_pass;

/// Floats a caller must leave readable after each activation buffer: kernels may read, never
/// write, that far past the end.
enum { vc_read_slack = 64 };

/// What reads or writes elements of activations, for one kind of them.
typedef struct {
  /// Output positions `[begin, end)` (flattened depth, height, width) of one sample.
  /// `weights`: `[ceil(O / panel), kD, kH, kW, C, panel]`, of bf16 two in a word along kW and C;
  /// `bias` may be NULL, `[O]`.
  void (*conv_forward)(const vc_conv *conv, const void *input, const float *weights,
                       const float *bias, int relu, float *output, ptrdiff_t begin,
                       ptrdiff_t end);
  /// Adds one sample's weight gradient of the panels from `first` on to `gradient`, packed as the
  /// weights are. `scratch`: `vc_weight_gradient_scratch` floats.
  void (*conv_weight_gradient)(const vc_conv *conv, const void *input,
                               const void *output_gradient, ptrdiff_t first, ptrdiff_t panels,
                               float *gradient, float *scratch);
  /// As `conv_forward` by Winograd F(2×2, 3×3), at all depths of the tiles `[begin, end)` of 2 × 2
  /// outputs (flattened height, width): only 3 × 3 kernels with stride 1. `weights` from
  /// `vc_winograd_pack`; `scratch`: `vc_winograd_scratch` floats. `pooled`: of each whole tile only
  /// the largest output is written, to `[D, H / 2, W / 2, O]` without a halo.
  void (*winograd_forward)(const vc_conv *conv, const void *input, const float *weights,
                           const float *bias, int relu, int pooled, float *output,
                           ptrdiff_t begin, ptrdiff_t end, float *scratch);
  /// As `conv_weight_gradient` for as many panels as a block has at most; `gradient`
  /// `[16, panels, kD, C, panel]` is that of the transformed weights, from which
  /// `winograd_gradient` leads back.
  void (*winograd_weight_gradient)(const vc_conv *conv, const void *input,
                                   const void *output_gradient, ptrdiff_t first,
                                   ptrdiff_t panels, float *gradient, float *scratch);
  /// Adds one sample's weight gradient of a convolution that `pool` pools: of each window only the
  /// position at `index` has a gradient, so only its patch counts, and the products are as many
  /// times fewer as a window has positions. `output_gradient` `[D', H', W', O]` is the one at the
  /// pooled output. One pass; `sums` are its, `vc_pooled_sums` of them.
  void (*pooled_weight_gradient)(const vc_conv *conv, const vc_pool *pool, const void *input,
                                 const float *output_gradient, const uint8_t *index,
                                 const vc_pooled_pass *pass, float *sums);
  /// Pooled depths `[begin, end)` of one sample; `index` `[D', H', W', C]` may be NULL.
  void (*pool_forward)(const vc_pool *pool, const float *input, const float *scale,
                       const float *shift, void *output, uint8_t *index, ptrdiff_t begin,
                       ptrdiff_t end);
  /// `input_gradient = a[c] * g + b[c] * input + e[c]`, laid out as `gradient_layout` says, for
  /// input depths `[begin, end)`; only `a[c] * g` without `input`.
  void (*pool_backward)(const vc_pool *pool, const float *input, const float *output_gradient,
                        const uint8_t *index, const float *a, const float *b, const float *e,
                        void *input_gradient, const vc_layout *gradient_layout,
                        ptrdiff_t begin, ptrdiff_t end);
  /// As `conv_forward`, then `clamp(… + residual, low, high)`, in one pass: `residual` `[D, H, W, O]`
  /// may be NULL, it and the output may be of either element.
  void (*conv_finished)(const vc_conv *conv, const void *input, const float *weights,
                        const float *bias, const void *residual,
                        const vc_layout *residual_layout, float low, float high, void *output,
                        ptrdiff_t begin, ptrdiff_t end);
} vc_convolutions;

/// The passes over one step of a recurrent cell.
typedef enum {
  vc_lstm_forward, vc_lstm_backward,
  vc_gru_forward, vc_gru_backward,
  vc_peephole_forward, vc_peephole_backward,
  vc_coupled_forward, vc_coupled_backward,
  vc_minimal_gate, vc_minimal_forward, vc_minimal_backward, vc_minimal_gate_backward,
  vc_normalised_forward, vc_normalised_backward,
} vc_cell_pass;

/// Tensors that a cell has besides weights and biases, at most.
enum { vc_cell_extras = 6 };

/// What a recurrent cell reads and writes at one step: rows of `hidden` values, dense, but where
/// said. The way back replaces `from_input` and `from_hidden` by the gradients at them.
typedef struct {
  ptrdiff_t rows, hidden;
  /// Products with the input and with the output before, `[rows, gates * hidden]`.
  float *from_input, *from_hidden;
  const float *hidden_before, *cell_before;
  float *output, *cell;
  /// What the way back needs again, as much as the kind says.
  float *saved;
  const float *extras[vc_cell_extras];
  /// Complete for this step.
  const float *output_gradient;
  /// From the step after; replaced by the one for the step before.
  float *cell_gradient;
  /// What the output before gets besides the products' part: written.
  float *before_gradient;
  /// At the output before times a gate, where the weights' last block reads that.
  const float *gated_gradient;
  /// Added to.
  float *extra_gradients[vc_cell_extras];
} vc_cell_step;

/// Functions of one value.
typedef enum {
  vc_rectifier, vc_leaky, vc_silu, vc_hard_swish, vc_hard_sigmoid, vc_sigmoid, vc_tanh, vc_gelu
} vc_activation;

/// The kernels of one instruction set.
typedef struct {
  const char *name;
  /// Output channels in one packed panel of weights.
  ptrdiff_t panel_width;
  /// Positions that make a whole register tile: blocks should be a multiple.
  ptrdiff_t tile_positions;
  /// What weights are packed as for activations of bf16: pairs where the processor multiplies them
  /// itself, elsewhere floats.
  vc_element packed_bf16;

  vc_convolutions fp32, bf16;

  /// Fused multiply-adds on registers only, to see what the processor can do at most.
  ///
  /// Returns the multiplications and additions done.
  double (*peak)(ptrdiff_t rounds, float *result);
  /// The same of what stands for products of bf16.
  double (*peak_bf16)(ptrdiff_t rounds, float *result);

  /// `sums = a · bᵀ`, `a` `[rows, depth]` and `b` `[outputs, depth]` rounded to bf16, rows `stride`
  /// apart, `sums` `[rows, outputs]`, `outputs` a multiple of 4; for a `depth` far beyond both.
  /// `scratch`: `vc_bf16_product_scratch` words.
  void (*bf16_product)(const float *a, const float *b, ptrdiff_t stride, ptrdiff_t rows,
                       ptrdiff_t outputs, ptrdiff_t depth, float *sums, float *scratch);

  /// From the gradient of transformed weights to panels as `conv_weight_gradient` gives them.
  void (*winograd_gradient)(const float *transformed, float *packed, ptrdiff_t panels,
                            ptrdiff_t inputs, ptrdiff_t kernel_depth);
  /// For one sample adds, over all positions, the gradient `g` at the normalised input and
  /// `g * (input - mean[c]) * inverse[c]` to the double sums `[C]`; only the first without `input`.
  void (*pool_backward_sums)(const vc_pool *pool, const float *input, const float *mean,
                             const float *inverse, const float *output_gradient,
                             const uint8_t *index, double *sum, double *sum_normalised);
  /// Mean and sum of squared differences from it, per channel, of one sample without a halo.
  void (*moments)(const float *input, ptrdiff_t positions, ptrdiff_t channels, double *mean,
                  double *squares, float *scratch);

  /// LSTM gates of one step, in place: `gates` `[rows, 4 * hidden]` in the order i, f, g, o,
  /// rows `gate_stride` apart; bias already added. Writes activations back to `gates`.
  void (*lstm_gates)(float *gates, ptrdiff_t gate_stride, const float *cell_before,
                     ptrdiff_t cell_stride, float *cell, float *hidden_state,
                     ptrdiff_t hidden_stride, ptrdiff_t rows, ptrdiff_t hidden);
  /// Gradient of one step. `hidden_gradient` `[rows, hidden]` is complete for this step;
  /// `cell_gradient` `[rows, hidden]` comes from the step after and is replaced by the one for
  /// the step before; `gates` holds activations and is replaced by pre-activation gradients.
  void (*lstm_gates_backward)(float *gates, ptrdiff_t gate_stride, const float *cell_before,
                              const float *cell, ptrdiff_t cell_stride,
                              const float *hidden_gradient, ptrdiff_t hidden_stride,
                              float *cell_gradient, ptrdiff_t rows, ptrdiff_t hidden);

  /// One step of a recurrent cell.
  void (*cell_step)(vc_cell_pass pass, const vc_cell_step *step);

  /// AdamW (Loshchilov and Hutter 2019) as `torch.optim.AdamW` writes it.
  void (*adamw)(float *parameters, const float *gradients, float *first, float *second,
                ptrdiff_t count, float gradient_scale, float learning_rate, float beta1,
                float beta2, float epsilon, float weight_decay, float correction1,
                float correction2_root);
  /// SGD with momentum as `torch.optim.SGD` writes it, decay added to the gradient.
  void (*sgd)(float *parameters, const float *gradients, float *velocity, ptrdiff_t count,
              float gradient_scale, float learning_rate, float momentum, float weight_decay,
              int nesterov, int first_step);
  /// `average = decay * average + (1 - decay) * values`.
  void (*moving_average)(float *average, const float *values, ptrdiff_t count, float decay);
  /// Sum of squares in blocks of fixed length, so that the bits never depend on the caller.
  double (*sum_of_squares)(const float *values, ptrdiff_t count);
  /// `target += values`.
  void (*add)(float *target, const float *values, ptrdiff_t count);

  /// `y = f(x)`; both may be the same run. `setting`: the ceiling of a rectifier, the slope of a
  /// leaky one.
  void (*activate)(vc_activation kind, float setting, const float *x, float *y, ptrdiff_t count);
  /// `dx = dy * f'`; `x` is what `f` read, for sigmoid and tanh what it gave, for rectifiers either.
  void (*activate_backward)(vc_activation kind, float setting, const float *x, const float *dy,
                            float *dx, ptrdiff_t count);
  /// Where `x` is larger, `best` becomes it and `at` becomes `number`.
  void (*max_update)(float *best, int32_t *at, const float *x, int32_t number, ptrdiff_t count);
  /// `target += values` where `at` is `number`.
  void (*add_where)(float *target, const float *values, const int32_t *at, int32_t number,
                    ptrdiff_t count);
  /// `target += factor * values`.
  void (*add_scaled)(float *target, const float *values, float factor, ptrdiff_t count);
  /// `product = a * b`.
  void (*multiply)(const float *a, const float *b, float *product, ptrdiff_t count);
  /// `target += a * b`.
  void (*add_product)(float *target, const float *a, const float *b, ptrdiff_t count);
  /// `y = scale * x + shift`.
  void (*affine)(const float *x, const float *scale, const float *shift, float *y,
                 ptrdiff_t count);

  /// Rows `[begin, end)` (flattened depth, height) of a convolution with a kernel of its own for each
  /// channel: `clamp(sum + bias, low, high)`. `weights` `[kD, kH, kW, C]`; `bias` may be NULL; input
  /// and output may be of either element.
  void (*depthwise_forward)(const vc_conv *conv, const void *input, const float *weights,
                            const float *bias, float low, float high, void *output,
                            ptrdiff_t begin, ptrdiff_t end);
  /// Rows `[begin, end)` of the input's gradient, from the output's; both dense.
  void (*depthwise_input_gradient)(const vc_conv *conv, const float *weights,
                                   const float *output_gradient, float *input_gradient,
                                   ptrdiff_t begin, ptrdiff_t end);
  /// Adds one sample's gradient of the weights, `[kD, kH, kW, C]`.
  void (*depthwise_weight_gradient)(const vc_conv *conv, const void *input,
                                    const float *output_gradient, float *gradient);
  /// `y = clamp(x + shift + residual, low, high)` for positions that follow each other, `[positions,
  /// C]`; `shift` `[C]` and `residual` may be NULL.
  void (*finish)(const float *x, const float *shift, const void *residual, int residual_is_bf16,
                 float low, float high, void *y, int y_is_bf16, ptrdiff_t positions,
                 ptrdiff_t channels);
} vc_kernels;

/// The kernels of the best instruction set here, or of the one named ("avx512bf16", "avx512",
/// "avx2", "neon", "generic"); NULL where this processor or this build lacks it.
const vc_kernels *vc_kernels_best(void);
const vc_kernels *vc_kernels_named(const char *name);

/// Floats of scratch for `conv_weight_gradient`.
ptrdiff_t vc_weight_gradient_scratch(const vc_conv *conv, const vc_kernels *kernels);

/// Words of scratch for `bf16_product`.
ptrdiff_t vc_bf16_product_scratch(ptrdiff_t rows);

/// Packs PyTorch's `[O, I, kD, kH, kW]` into panels; `transposed` packs the weights of the input
/// gradient instead: channels exchanged, kernel flipped. Panels `[begin, end)`.
void vc_pack_weights(const float *weights, float *packed, vc_element element, ptrdiff_t outputs,
                     ptrdiff_t inputs, ptrdiff_t kernel_depth, ptrdiff_t kernel_height,
                     ptrdiff_t kernel_width, ptrdiff_t panel_width, int transposed,
                     const float *output_scale, ptrdiff_t begin, ptrdiff_t end);
/// The way back for gradients: panels to `[O, I, kD, kH, kW]`.
void vc_unpack_weights(const float *packed, float *weights, ptrdiff_t outputs, ptrdiff_t inputs,
                       ptrdiff_t kernel_depth, ptrdiff_t kernel_height, ptrdiff_t kernel_width,
                       ptrdiff_t panel_width, ptrdiff_t begin, ptrdiff_t end);

/// How Winograd's kernels cut a sample: tiles (of 2 × 2 outputs, at all depths) and panels taken
/// together, the factors (for a gradient words of them) between the 16 points of V, and the words
/// between those of M. `element`: what the factors are.
typedef struct {
  ptrdiff_t tiles, panels, v_stride, m_stride;
  vc_element element;
} vc_winograd_block;

vc_winograd_block vc_winograd_forward_block(const vc_conv *conv, const vc_kernels *kernels);
vc_winograd_block vc_winograd_gradient_block(const vc_conv *conv, const vc_kernels *kernels);
/// Floats of scratch for blocks of this size.
ptrdiff_t vc_winograd_scratch(const vc_winograd_block *block);

/// As `vc_pack_weights`, each 3 × 3 kernel transformed to `G g Gᵀ`: `[16, panels, kD, C, panel]`.
void vc_winograd_pack(const float *weights, float *packed, vc_element element, ptrdiff_t outputs,
                      ptrdiff_t inputs, ptrdiff_t kernel_depth, ptrdiff_t panel_width,
                      int transposed, const float *output_scale, ptrdiff_t begin, ptrdiff_t end);

/// The passes that `pooled_weight_gradient` cuts a kernel into, the floats of each one's sums, and
/// each of them.
ptrdiff_t vc_pooled_passes(const vc_conv *conv, ptrdiff_t panel_width);
ptrdiff_t vc_pooled_sums(const vc_conv *conv, ptrdiff_t panel_width);
vc_pooled_pass vc_pooled_pass_at(const vc_conv *conv, ptrdiff_t panel_width, ptrdiff_t number);
/// The gradient of the weights `[O, I, kD, kH, kW]` from the sums of all passes, one after the
/// other: output channels `[begin, end)`.
void vc_unpack_pooled(const vc_conv *conv, ptrdiff_t panel_width, const float *sums,
                      float *weights, ptrdiff_t begin, ptrdiff_t end);

/// Adds rows `[begin, end)` of an im2col matrix `[positions, kD * kH * kW * C]` back into the
/// input's gradient (col2im), laid out as `conv->input`.
void vc_col2im(const vc_conv *conv, const float *columns, float *input_gradient, ptrdiff_t begin,
               ptrdiff_t end);

/// Copies a dense sample `[depth, height, width, channels]` into a layout and zeroes its halo.
void vc_pad(const vc_layout *layout, const float *dense, void *padded);
/// The way back, of floats: copies the values without their halo.
void vc_unpad(const vc_layout *layout, const float *padded, float *dense);
/// Zeroes the halo of one sample.
void vc_clear_halo(const vc_layout *layout, void *padded);
/// Rounds to bf16, to nearest and ties to even, and back.
void vc_to_bf16(const float *values, uint16_t *elements, ptrdiff_t count);
void vc_from_bf16(const uint16_t *elements, float *values, ptrdiff_t count);
/// `[positions, channels]` to `[channels, positions]` and back.
void vc_transpose(const float *input, float *output, ptrdiff_t rows, ptrdiff_t columns);

/// A Swift closure of type `(Int, Int) -> Void` as the two words it is made of, lent for one call.
typedef struct {
  void *function, *context;
} vc_closure;

/// Calls a lent closure.
void vc_call_closure(vc_closure closure, ptrdiff_t item, ptrdiff_t worker);

// The naive twins. Plain loops over dense arrays, no halo, sums in double.

void vc_naive_conv_forward(const vc_conv *conv, const float *input, const float *weights,
                           const float *bias, float *output);
void vc_naive_conv_input_gradient(const vc_conv *conv, const float *weights,
                                  const float *output_gradient, float *input_gradient);
void vc_naive_conv_weight_gradient(const vc_conv *conv, const float *input,
                                   const float *output_gradient, float *gradient);
void vc_naive_pool_forward(const vc_pool *pool, const float *input, const float *scale,
                           const float *shift, float *output, uint8_t *index);
/// Gradient at the normalised, not yet rectified, input.
void vc_naive_pool_backward(const vc_pool *pool, const float *output_gradient,
                            const uint8_t *index, float *input_gradient);
void vc_naive_lstm_step(const float *input, const float *hidden_before, const float *cell_before,
                        const float *weight_ih, const float *weight_hh, const float *bias_ih,
                        const float *bias_hh, ptrdiff_t inputs, ptrdiff_t hidden,
                        float *hidden_after, float *cell_after);

#endif
