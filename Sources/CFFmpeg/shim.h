#ifndef VIDCLASS_CFFMPEG_SHIM_H
#define VIDCLASS_CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdarg.h>
#include <string.h>

// What Swift's importer cannot see (macros with casts), and what differs from FFmpeg 4.4 to 7.

static const int vc_averror_eof = AVERROR_EOF;
static const int vc_averror_exit = AVERROR_EXIT;
static const int vc_averror_eagain = AVERROR(EAGAIN);
static const int vc_averror_eio = AVERROR(EIO);
static const int vc_averror_eperm = AVERROR(EPERM);
static const int vc_averror_enomem = AVERROR(ENOMEM);
static const int vc_averror_einval = AVERROR(EINVAL);
static const int vc_averror_invaliddata = AVERROR_INVALIDDATA;
static const int64_t vc_nopts = AV_NOPTS_VALUE;
static const int vc_disposition_attached_pic = AV_DISPOSITION_ATTACHED_PIC;
static const int vc_disposition_thumbnails = AV_DISPOSITION_TIMED_THUMBNAILS;
static const int vc_disposition_default = AV_DISPOSITION_DEFAULT;
static const int vc_packet_key = AV_PKT_FLAG_KEY;
static const int vc_packet_corrupt = AV_PKT_FLAG_CORRUPT;
static const int vc_packet_discard = AV_PKT_FLAG_DISCARD;
static const int vc_flag_quantiser = AV_CODEC_FLAG_QSCALE;
static const int vc_flag_bitexact = AV_CODEC_FLAG_BITEXACT;
static const int vc_quantiser_unit = FF_QP2LAMBDA;
static const int vc_frame_corrupt = AV_FRAME_FLAG_CORRUPT;
static const int vc_seek_size = AVSEEK_SIZE;
static const int vc_seek_force = AVSEEK_FORCE;
static const int vc_seek_backward = AVSEEK_FLAG_BACKWARD;
/// The scaling that is the same on every processor: compare `-vf scale=…:flags=…` of the tool.
static const int vc_scale_flags =
    SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;

/// Recognises the container from its first bytes; the file's name plays no part.
static inline int vc_probe(AVIOContext *io, const AVInputFormat **format, unsigned max_bytes) {
#if LIBAVFORMAT_VERSION_MAJOR >= 59
  return av_probe_input_buffer2(io, format, NULL, NULL, 0, max_bytes);
#else
  AVInputFormat *found = NULL;
  int result = av_probe_input_buffer2(io, &found, NULL, NULL, 0, max_bytes);
  *format = found;
  return result;
#endif
}

static inline int vc_open_input(AVFormatContext **context, const AVInputFormat *format,
                                AVDictionary **options) {
#if LIBAVFORMAT_VERSION_MAJOR >= 59
  return avformat_open_input(context, NULL, format, options);
#else
  return avformat_open_input(context, NULL, (AVInputFormat *)format, options);
#endif
}

static inline const AVCodec *vc_find_decoder(enum AVCodecID id) {
  return avcodec_find_decoder(id);
}

static inline const AVCodec *vc_find_encoder(enum AVCodecID id) {
  return avcodec_find_encoder(id);
}

/// Nothing that a movie names is ever opened beside it.
static inline int vc_refuse_open(AVFormatContext *context, AVIOContext **io, const char *url,
                                 int flags, AVDictionary **options) {
  (void)context, (void)io, (void)url, (void)flags, (void)options;
  return AVERROR(EPERM);
}

static inline void vc_refuse_other_files(AVFormatContext *context) {
  context->io_open = vc_refuse_open;
}

/// Counts what decoders complain of, in the counter that their owner gave them; prints nothing.
static inline void vc_count_complaint(void *source, int level, const char *format, va_list values) {
  (void)values;
  if (!source || *(const AVClass **)source != avcodec_get_class()) return;
  // Concealment announces itself on a lower level than errors.
  if (level > AV_LOG_ERROR && strncmp(format, "concealing", 10) != 0) return;
  int *counter = (int *)((const AVCodecContext *)source)->opaque;
  if (counter) __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline void vc_count_complaints(void) { av_log_set_callback(vc_count_complaint); }

static inline int vc_complaints(const int *counter) {
  return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/// Has a frame show the picture at `bytes`, rows without padding, of its own format and size.
static inline int vc_point_into(AVFrame *frame, const void *bytes) {
  return av_image_fill_arrays(frame->data, frame->linesize, (const uint8_t *)bytes,
                              (enum AVPixelFormat)frame->format, frame->width, frame->height, 1);
}

static inline const int32_t *vc_frame_display_matrix(const AVFrame *frame) {
  const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  return data && data->size >= 9 * sizeof(int32_t) ? (const int32_t *)data->data : NULL;
}

static inline const uint8_t *vc_stream_side_data(const AVStream *stream,
                                                 enum AVPacketSideDataType type, size_t least) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData *data = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
  return data && data->size >= least ? data->data : NULL;
#elif LIBAVFORMAT_VERSION_MAJOR >= 59
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, type, &size);
  return data && size >= least ? data : NULL;
#else
  int size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, type, &size);
  return data && (size_t)size >= least ? data : NULL;
#endif
}

static inline const int32_t *vc_stream_display_matrix(const AVStream *stream) {
  return (const int32_t *)vc_stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX,
                                              9 * sizeof(int32_t));
}

static inline int vc_stream_is_encrypted(const AVStream *stream) {
  return vc_stream_side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, 1) != NULL;
}

static inline int vc_packet_is_encrypted(const AVPacket *packet) {
  return av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL;
}

static inline int vc_frame_is_key(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_KEY
  return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return frame->key_frame;
#endif
}

static inline int vc_frame_is_interlaced(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_INTERLACED
  return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame->interlaced_frame;
#endif
}

static inline int vc_codec_is_intra_only(enum AVCodecID id) {
  const AVCodecDescriptor *descriptor = avcodec_descriptor_get(id);
  return descriptor && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
}

/// A scaler as an opaque address: FFmpeg 8 makes the type public, which Swift would see.
static inline void *vc_scaler_open(int width, int height, enum AVPixelFormat format,
                                   enum AVColorRange range, int target_width, int target_height,
                                   enum AVPixelFormat target_format, int flags) {
  struct SwsContext *context = sws_alloc_context();
  if (!context) return NULL;
  av_opt_set_int(context, "srcw", width, 0);
  av_opt_set_int(context, "srch", height, 0);
  av_opt_set_int(context, "src_format", format, 0);
  av_opt_set_int(context, "dstw", target_width, 0);
  av_opt_set_int(context, "dsth", target_height, 0);
  av_opt_set_int(context, "dst_format", target_format, 0);
  av_opt_set_int(context, "sws_flags", flags, 0);
  if (range != AVCOL_RANGE_UNSPECIFIED)
    av_opt_set_int(context, "src_range", range == AVCOL_RANGE_JPEG, 0);
  // Chroma sits where MPEG-2 puts it, as the tool's scale filter assumes.
  if (format == AV_PIX_FMT_YUV420P) av_opt_set_int(context, "src_v_chr_pos", 128, 0);
  if (target_format == AV_PIX_FMT_YUV420P) av_opt_set_int(context, "dst_v_chr_pos", 128, 0);
  if (sws_init_context(context, NULL, NULL) < 0) {
    sws_freeContext(context);
    return NULL;
  }
  return context;
}

static inline void vc_scaler_close(void *scaler) { sws_freeContext((struct SwsContext *)scaler); }

/// Tells the scaler the matrix and range of what it reads; what it writes keeps its defaults.
static inline void vc_scaler_set_colors(void *scaler, enum AVColorSpace space,
                                        enum AVColorRange range) {
  struct SwsContext *context = (struct SwsContext *)scaler;
  int *source = NULL, *target = NULL;
  int source_full = 0, target_full = 0, brightness = 0, contrast = 0, saturation = 0;
  if (sws_getColorspaceDetails(context, &source, &source_full, &target, &target_full, &brightness,
                               &contrast, &saturation) < 0)
    return;
  if (range != AVCOL_RANGE_UNSPECIFIED) source_full = range == AVCOL_RANGE_JPEG;
  const int *matrix = sws_getCoefficients(space == AVCOL_SPC_RGB ? SWS_CS_DEFAULT : (int)space);
  sws_setColorspaceDetails(context, matrix, source_full, matrix, target_full, brightness, contrast,
                           saturation);
}

/// Scales `frame` into one packed plane, or, where `target` is given, into its planes.
static inline int vc_scaler_run(void *scaler, const AVFrame *frame, uint8_t *packed, int stride,
                                AVFrame *target) {
  uint8_t *const planes[4] = {packed, NULL, NULL, NULL};
  const int strides[4] = {stride, 0, 0, 0};
  return sws_scale((struct SwsContext *)scaler, (const uint8_t *const *)frame->data,
                   frame->linesize, 0, frame->height, target ? target->data : planes,
                   target ? target->linesize : strides);
}

#endif
