#ifndef VIDCLASS_CFFMPEG_SHIM_H
#define VIDCLASS_CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// Macros that Swift's importer cannot see.
static const int vc_averror_eof = AVERROR_EOF;
static const int vc_averror_eagain = AVERROR(EAGAIN);
static const int vc_averror_invaliddata = AVERROR_INVALIDDATA;
static const int64_t vc_nopts = AV_NOPTS_VALUE;

#endif
