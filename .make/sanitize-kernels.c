// Runs every convolution and pooling kernel of this processor on random odd shapes, in buffers that
// end where they may end, and compares with the naive twins. Built by sanitize-kernels. With WIDE
// defined also the kernels of AVX-512's shape, made of narrower instructions.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state = 88172645463325252ull;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}
static ptrdiff_t draw(ptrdiff_t low, ptrdiff_t high) {
  return low + (ptrdiff_t)(next() % (uint64_t)(high - low + 1));
}
static float *values(ptrdiff_t count, int random) {
  float *p = malloc(sizeof(float) * (size_t)count);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = random ? (float)(next() % 2001) / 1000 - 1 : 0;
  return p;
}
static ptrdiff_t stored(const vc_layout *l) {
  return (l->depth + 2 * l->halo_depth) * (l->height + 2 * l->halo_height) *
         (l->width + 2 * l->halo_width) * l->channels;
}
static ptrdiff_t dense(const vc_layout *l) { return l->depth * l->height * l->width * l->channels; }

/// Copies values as elements of a kind into a buffer that ends where it may end.
static void *elements(const float *values, ptrdiff_t count, vc_element element) {
  const size_t bytes = (size_t)count * (element == vc_bf16 ? 2 : 4);
  void *p = malloc(bytes + 4 * vc_read_slack);
  memset((char *)p + bytes, 0xff, 4 * vc_read_slack);
  if (element == vc_bf16)
    vc_to_bf16(values, p, count);
  else
    memcpy(p, values, bytes);
  return p;
}
/// Rounds values in place, so that a twin reads what the kernel reads.
static void round_to(vc_element element, float *values, ptrdiff_t count) {
  if (element == vc_fp32) return;
  uint16_t *narrow = elements(values, count, element);
  vc_from_bf16(narrow, values, count);
  free(narrow);
}
static void to_floats(vc_element element, const void *p, float *values, ptrdiff_t count) {
  if (element == vc_bf16)
    vc_from_bf16(p, values, count);
  else
    memcpy(values, p, sizeof(float) * (size_t)count);
}

static double worst;
/// Sums of rounded products are as exact as those of floats; rounded results are not.
static const double exact = 4e-6, rounded = 4e-3, transformed = 1.5e-2;
static void compare(const char *what, int number, const float *a, const float *b, ptrdiff_t count,
                    double limit) {
  double difference = 0, size = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    difference += (a[i] - b[i]) * (double)(a[i] - b[i]);
    size += b[i] * (double)b[i];
  }
  const double error = size > 0 ? sqrt(difference / size) : sqrt(difference);
  if (limit == exact && error > worst) worst = error;
  if (!(error < limit)) {
    fprintf(stderr, "shape %d: %s differs from its twin by %g\n", number, what, error);
    exit(1);
  }
}

static void check(const vc_kernels *k, vc_element element, int number) {
  const vc_convolutions *f = element == vc_bf16 ? &k->bf16 : &k->fp32;
  const int winograd = number % 2;
  const ptrdiff_t kernel[3] = {draw(1, 3), winograd ? 3 : draw(1, 4), winograd ? 3 : draw(1, 5)};
  ptrdiff_t stride[3], pad[3], side[3], out[3];
  for (int a = 0; a < 3; a++) {
    stride[a] = winograd ? 1 : draw(1, 3);
    pad[a] = draw(0, kernel[a] - 1);
    const ptrdiff_t least = kernel[a] - 2 * pad[a];
    side[a] = (least > 1 ? least : 1) + draw(0, a ? 9 : 4);
    out[a] = (side[a] + 2 * pad[a] - kernel[a]) / stride[a] + 1;
  }
  vc_conv c = {{side[0], side[1], side[2], draw(1, 37), pad[0], pad[1], pad[2], element},
               {out[0], out[1], out[2], draw(1, 70), 0, 0, 0, element},
               kernel[0], kernel[1], kernel[2], stride[0], stride[1], stride[2],
               pad[0], pad[1], pad[2]};
  const ptrdiff_t inputs = c.input.channels, outputs = c.output.channels, panel = k->panel_width;
  const ptrdiff_t taps = kernel[0] * kernel[1] * kernel[2], panels = (outputs + panel - 1) / panel;
  const ptrdiff_t positions = out[0] * out[1] * out[2], weight_count = outputs * inputs * taps;
  float *x = values(dense(&c.input), 1), *w = values(weight_count, 1), *bias = values(outputs, 1);
  float *g = values(dense(&c.output), 1), *y = values(dense(&c.output), 0);
  float *expected = values(dense(&c.output), 0), *dw = values(weight_count, 0);
  float *expected_dw = values(weight_count, 0);
  round_to(element, x, dense(&c.input));
  round_to(element, w, weight_count);
  round_to(element, g, dense(&c.output));
  float *zeros = values(stored(&c.input), 0);
  void *padded = elements(zeros, stored(&c.input), element);
  void *dy = elements(g, dense(&c.output), element);
  free(zeros);
  vc_pad(&c.input, x, padded);
  vc_naive_conv_forward(&c, x, w, bias, expected);
  vc_naive_conv_weight_gradient(&c, x, g, expected_dw);

  const ptrdiff_t run = inputs * kernel[2], rows = kernel[0] * kernel[1];
  const vc_element kind = element == vc_bf16 ? k->packed_bf16 : vc_fp32;
  const ptrdiff_t words = kind == vc_bf16 ? (run + 1) / 2 : run;
  float *packed = values(panels * panel * rows * words, 0);
  float *sums = values(panels * panel * inputs * taps, 0);
  vc_pack_weights(w, packed, kind, outputs, inputs, kernel[0], kernel[1], kernel[2], panel, 0, NULL, 0, panels);
  f->conv_forward(&c, padded, packed, bias, 0, y, 0, positions);
  compare("conv_forward", number, y, expected, dense(&c.output), exact);
  float *scratch = values(vc_weight_gradient_scratch(&c, k), 0);
  for (ptrdiff_t first = 0; first < panels; first++)
    f->conv_weight_gradient(&c, padded, dy, first, 1, sums + first * panel * inputs * taps, scratch);
  vc_unpack_weights(sums, dw, outputs, inputs, kernel[0], kernel[1], kernel[2], panel, 0, panels);
  compare("conv_weight_gradient", number, dw, expected_dw, weight_count, exact);
  free(scratch);

  if (winograd) {
    const vc_winograd_block ahead = vc_winograd_forward_block(&c, k);
    const vc_winograd_block b = vc_winograd_gradient_block(&c, k);
    const ptrdiff_t depth = inputs * kernel[0];
    float *u = values(16 * panels * panel * (kind == vc_bf16 ? (depth + 1) / 2 : depth), 0);
    vc_winograd_pack(w, u, kind, outputs, inputs, kernel[0], panel, 0, NULL, 0, panels);
    scratch = values(vc_winograd_scratch(&ahead), 0);
    const ptrdiff_t tiles = (out[1] + 1) / 2 * ((out[2] + 1) / 2);
    f->winograd_forward(&c, padded, u, bias, 0, 0, y, 0, tiles, scratch);
    compare("winograd_forward", number, y, expected, dense(&c.output),
            element == vc_bf16 ? transformed : exact);
    vc_layout half = {out[0], out[1] / 2, out[2] / 2, outputs, 0, 0, 0};
    float *largest = values(dense(&half), 0);
    f->winograd_forward(&c, padded, u, bias, 0, 1, largest, 0, tiles, scratch);
    for (ptrdiff_t i = 0; i < dense(&half); i++) {
      const ptrdiff_t row = i / outputs / half.width, at = i / outputs % half.width * 2;
      const float *p = y + ((row / half.height * out[1] + row % half.height * 2) * out[2] + at) * outputs +
                       i % outputs;
      const float top = fmaxf(p[0], p[outputs]), *below = p + out[2] * outputs;
      if (largest[i] != fmaxf(top, fmaxf(below[0], below[outputs]))) {
        fprintf(stderr, "shape %d: pooled value %td is not the largest of its four\n", number, i);
        exit(1);
      }
    }
    free(largest);
    free(scratch);
    scratch = values(vc_winograd_scratch(&b), 0);
    for (ptrdiff_t first = 0; first < panels; first += b.panels) {
      const ptrdiff_t group = first + b.panels > panels ? panels - first : b.panels;
      float *du = values(16 * group * panel * inputs * kernel[0], 0);
      f->winograd_weight_gradient(&c, padded, dy, first, group, du, scratch);
      k->winograd_gradient(du, sums + first * panel * inputs * taps, group, inputs, kernel[0]);
      free(du);
    }
    vc_unpack_weights(sums, dw, outputs, inputs, kernel[0], kernel[1], kernel[2], panel, 0, panels);
    compare("winograd_weight_gradient", number, dw, expected_dw, weight_count,
            element == vc_bf16 ? transformed : exact);
    free(scratch);
    free(u);
  }

  // Pooling of the convolution's output, where a window fits.
  const ptrdiff_t window[3] = {draw(1, 2), draw(1, 3), draw(1, 3)};
  vc_pool p = {c.output, c.output, window[0], window[1], window[2], (int)draw(0, 1)};
  p.output.depth = out[0] / window[0];
  p.output.height = out[1] / window[1];
  p.output.width = out[2] / window[2];
  if (dense(&p.output) > 0) {
    float *scale = values(outputs, 1), *shift = values(outputs, 1);
    float *z = values(dense(&p.output), 0), *twin = values(dense(&p.output), 0);
    float *dz = values(dense(&p.output), 1), *dx = values(dense(&c.output), 0);
    uint8_t *at = malloc((size_t)dense(&p.output)), *twin_at = malloc((size_t)dense(&p.output));
    double *sum = calloc((size_t)outputs, sizeof(double)), *more = calloc((size_t)outputs, sizeof(double));
    void *narrow = elements(z, dense(&p.output), element);
    f->pool_forward(&p, y, scale, shift, narrow, at, 0, p.output.depth);
    to_floats(element, narrow, z, dense(&p.output));
    free(narrow);
    vc_naive_pool_forward(&p, y, scale, shift, twin, twin_at);
    compare("pool_forward", number, z, twin, dense(&p.output), element == vc_bf16 ? rounded : exact);
    k->pool_backward_sums(&p, y, scale, shift, dz, at, sum, more);
    for (ptrdiff_t i = 0; i < outputs; i++) scale[i] = 1;
    narrow = elements(dx, dense(&c.output), element);
    f->pool_backward(&p, NULL, dz, at, scale, shift, scale, narrow, &c.output, 0, out[0]);
    float *spread = values(dense(&c.output), 0);
    to_floats(element, narrow, spread, dense(&c.output));
    free(narrow);

    vc_naive_pool_backward(&p, dz, at, dx);
    compare("pool_backward", number, spread, dx, dense(&c.output), element == vc_bf16 ? rounded : exact);
    free(spread);
    for (ptrdiff_t i = 0; i < weight_count; i++) expected_dw[i] = 0;
    vc_naive_conv_weight_gradient(&c, x, dx, expected_dw);
    const ptrdiff_t passes = vc_pooled_passes(&c, panel);
    const ptrdiff_t pass_count = vc_pooled_sums(&c, panel);
    float *pass_sums = values(passes * pass_count, 0);
    for (ptrdiff_t i = 0; i < passes; i++) {
      const vc_pooled_pass pass = vc_pooled_pass_at(&c, panel, i);
      f->pooled_weight_gradient(&c, &p, padded, dz, at, &pass, pass_sums + i * pass_count);
    }
    vc_unpack_pooled(&c, panel, pass_sums, dw, 0, outputs);
    compare("pooled_weight_gradient", number, dw, expected_dw, weight_count, exact);
    free(pass_sums);
    free(scale); free(shift); free(z); free(twin); free(dz); free(dx);
    free(at); free(twin_at); free(sum); free(more);
  }
  free(x); free(w); free(bias); free(g); free(y); free(expected); free(dw); free(expected_dw);
  free(padded); free(packed); free(sums); free(dy);
}

/// A deep product of bf16 against the plain sum of rounded factors.
static void check_product(const vc_kernels *k, int number) {
  const ptrdiff_t rows = draw(1, 9), outputs = 4 * draw(1, 2), depth = draw(1, 6000);
  const ptrdiff_t stride = depth + draw(0, 9);
  float *a = values(rows * stride, 1), *b = values(outputs * stride, 1);
  float *sums = values(rows * outputs, 1), *twin = values(rows * outputs, 0);
  float *scratch = values(vc_bf16_product_scratch(rows), 0);
  k->bf16_product(a, b, stride, rows, outputs, depth, sums, scratch);
  round_to(vc_bf16, a, rows * stride);
  round_to(vc_bf16, b, outputs * stride);
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t o = 0; o < outputs; o++) {
      double sum = 0;
      for (ptrdiff_t i = 0; i < depth; i++) sum += a[r * stride + i] * (double)b[o * stride + i];
      twin[r * outputs + o] = (float)sum;
    }
  compare("bf16_product", number, sums, twin, rows * outputs, exact);
  free(a); free(b); free(sums); free(twin); free(scratch);
}

#ifdef WIDE
extern const vc_kernels vc_kernels_wide, vc_kernels_widebf16;
#endif

static void check_all(const vc_kernels *kernels, int shapes) {
  if (!kernels) return;
  for (int element = vc_fp32; element <= vc_bf16; element++) {
    worst = 0;
    for (int i = 0; i < shapes; i++) check(kernels, (vc_element)element, i);
    if (element == vc_bf16)
      for (int i = 0; i < shapes / 10; i++) check_product(kernels, i);
    printf("%s, %s: %d shapes, largest relative error of sums %.1e\n", kernels->name,
           element == vc_bf16 ? "bf16" : "fp32", shapes, worst);
  }
}

int main(int count, char **arguments) {
  const int shapes = count > 1 ? atoi(arguments[1]) : 500;
  const char *every[] = {"generic", "avx2", "avx512", "avx512bf16", "neon"};
  const int some = count > 2;
  for (int i = 0; i < (some ? count - 2 : 5); i++) {
    const char *name = some ? arguments[i + 2] : every[i];
    const vc_kernels *kernels = vc_kernels_named(name);
    if (some && !kernels) printf("%s: not on this processor\n", name);
    check_all(kernels, shapes);
  }
#ifdef WIDE
  check_all(&vc_kernels_wide, shapes);
  check_all(&vc_kernels_widebf16, shapes);
#endif
  return 0;
}
