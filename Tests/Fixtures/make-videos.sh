#!/bin/sh
# Makes the small videos that the decoder's tests compare with the ffmpeg tool.
# Usage: make-videos.sh FOLDER
set -eu
cd "$1"

make() { ffmpeg -nostdin -v error -y "$@"; }
source="-f lavfi -i testsrc2=s=64x48:r=10:d=2"
x264="-c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p"

# Timing
make $source $x264 -bf 2 plain.mp4
make -ss 0.35 -i plain.mp4 -c copy editlist.mp4
make $source $x264 -bf 2 -use_editlist 0 noeditlist.mp4
make -i plain.mp4 -c copy -output_ts_offset 100 offset.ts
make -i plain.mp4 -c copy -bsf:v setts=ts=TS-10000 -avoid_negative_ts disabled nopts.mkv
make $source -c:v mpeg4 -bf 2 bframes.avi
make -f lavfi -i testsrc2=s=64x48:r=30:d=2 -vf "select='not(mod(n,7))+between(n,20,30)'" \
  -vsync vfr $x264 vfr.mp4
make $source $x264 -movflags frag_keyframe+empty_moov fragmented.mp4
make $source $x264 -g 5 -movflags frag_keyframe+empty_moov fragments.mp4
make $source $x264 -g 3 -bf 0 -movflags frag_keyframe+empty_moov grown.mp4
make $source $x264 -g 1000 -bf 3 onekey.mp4
make $source $x264 -frames:v 10 a.ts
cat a.ts a.ts > joined.ts
make $source $x264 -bf 2 raw.h264
make $source $x264 -frames:v 1 one.mp4
make $source $x264 -frames:v 3 three.mp4
make -f lavfi -i testsrc2=s=96x64:r=25:d=8 $x264 -bf 2 -g 25 long.mp4
make -i long.mp4 -c copy long.mkv
make -f lavfi -i testsrc2=s=64x48:r=30:d=10 $x264 -bf 2 -g 30 jumps.mp4
make -ss 1.5 -i jumps.mp4 -c copy jumpscut.mp4
make -f lavfi -i testsrc2=s=64x48:r=30:d=10 $x264 -bf 3 -g 30 -x264-params open-gop=1 opengop.mp4
make -i jumps.mp4 -c copy jumps.mkv
# Times that are not those of the pictures: B-frames stamped in the order of decoding, whole seconds.
make -i jumps.mp4 -c copy -bsf:v setts=pts=DTS:dts=DTS decodetimes.mkv
make -i jumps.mp4 -c copy -video_track_timescale 1 coarse.mp4
make -f lavfi -i testsrc2=s=64x48:r=30:d=10 $x264 -x264-params intra-refresh=1:keyint=30 refresh.mp4
make -f lavfi -i testsrc2=s=64x48:r=30:d=5 -c:v mpeg4 -bf 2 -g 30 jumps4.mkv
make -f lavfi -i testsrc2=s=64x48:r=30:d=5 -c:v libx265 -preset ultrafast -x265-params \
  log-level=none:keyint=30:bframes=3:pools=1 jumps5.mkv
make -f lavfi -i testsrc2=s=64x48:r=30:d=5 -c:v libvpx-vp9 -cpu-used 8 -deadline realtime -g 30 \
  jumps9.webm
make -f lavfi -i testsrc2=s=64x48:r=10:d=4 -c:v ffv1 -g 10 ranged.mkv

# Picture
for angle in 90 180 270; do
  make -i plain.mp4 -c copy -metadata:s:v rotate=$angle rotate$angle.mp4
done
make -f lavfi -i testsrc2=s=64x48:r=10:d=1,format=yuv444p -vf crop=63:47:0:0:exact=1 \
  -c:v libx264 -pix_fmt yuv444p odd444.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1,format=yuv444p \
  -vf crop=63:47:0:0:exact=1,format=yuv420p -c:v ffv1 odd420.mkv
make -f lavfi -i testsrc2=s=64x2000:r=10:d=0.3 -vf crop=2:2000 $x264 thin.mp4
make -f lavfi -i testsrc2=s=96x80:r=10:d=1 $x264 -bf 0 other.h264
make -i raw.h264 -frames:v 10 -c copy short.h264
cat short.h264 other.h264 > sizes.h264
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -vf setsar=2/1 $x264 wide.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt yuv420p10le ten.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt yuv420p10le -color_range pc \
  tenfull.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt yuv420p -colorspace bt709 \
  -color_primaries bt709 -color_trc bt709 bt709.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt yuv420p -colorspace smpte170m \
  -color_primaries smpte170m -color_trc smpte170m bt601.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx265 -pix_fmt yuv420p10le -x265-params \
  log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:pools=1 hdr.mp4
# With several threads this encoder gives other bytes once in a while.
make -f lavfi -i testsrc2=s=64x48:r=20:d=2 -vf interlace -c:v mpeg2video -threads 1 -g 30 \
  -flags +ilme+ildct -bf 2 interlaced.mpg
make -f lavfi -i testsrc2=s=64x48:r=10:d=1,format=argb -c:v qtrle alpha.mov
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt gray gray.mp4
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v mjpeg -pix_fmt yuvj422p mjpeg.avi
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 palette.gif
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 vp8.webm
make -i vp8.webm -c copy vp8.ivf
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libvpx-vp9 -cpu-used 8 vp9.webm
make -f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 -pix_fmt yuv422p four22.mp4
make -i four22.mp4 -c copy -metadata:s:v rotate=90 four22rotated.mp4

# Streams
make -f lavfi -i sine=d=1 -c:a aac sound.m4a
make -f lavfi -i testsrc2=s=32x32:d=0.1 -frames:v 1 cover.png
make -f lavfi -i sine=d=1 -i cover.png -map 0 -map 1 -c:a libmp3lame -c:v png \
  -disposition:v attached_pic cover.mp3
make -f lavfi -i sine=d=1 -i cover.png -map 0 -map 1 -c:a aac -c:v png -disposition:v attached_pic \
  cover.m4a
printf '1\n00:00:00,000 --> 00:00:01,000\nHello\n' > words.srt
make -i words.srt subtitles.mkv
make -i plain.mp4 -c copy -encryption_scheme cenc-aes-ctr \
  -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8 \
  encrypted.mp4
make -i cover.png -i plain.mp4 -map 0 -map 1 -c:v:0 png -c:v:1 copy -disposition:v:0 attached_pic \
  coverfirst.mkv
make -i plain.mp4 -i long.mp4 -map 0:v -map 1:v -c copy two.mp4
make -i plain.mp4 -i one.mp4 -map 1:v -map 0:v -vf scale=128:96 $x264 -disposition:v default \
  still.mp4
make $source -f lavfi -i sine=d=3 $x264 -c:a aac -shortest withsound.mkv

# Damage
make -f lavfi -i testsrc2=s=64x48:r=10:d=4 $x264 -g 5 -movflags +faststart whole.mp4
size=$(wc -c < whole.mp4)
head -c $((size * 8 / 10)) whole.mp4 > cut.mp4
make -i whole.mp4 -c copy whole.mkv
size=$(wc -c < whole.mkv)
head -c $((size * 6 / 10)) whole.mkv > cut.mkv
size=$(wc -c < plain.mp4)
head -c $((size / 2)) plain.mp4 > half.mp4
size=$(wc -c < offset.ts)
head -c $((size * 6 / 10)) offset.ts > cut.ts
make -i plain.mp4 -c copy -bsf:v noise=amount=200 noise.mp4
make -i plain.mp4 -c copy -bsf:v "noise=drop='lt(n\,3)'" headless.ts
: > empty.mp4
printf 'This is not a movie, just a note about one.\n' > text.mp4
printf 'GIF89a' > header.gif
head -c 20000 /dev/zero > zeros.mp4
make -f lavfi -i "nullsrc=s=128x128,geq=255*random(1):255*random(1):255*random(1)" -frames:v 1 \
  -f rawvideo random.mp4
printf 'ffconcat version 1.0\nfile plain.mp4\n' > list.mp4
printf '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n' > playlist.mp4
printf '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1"><BaseURL>plain.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>\n' > dash.mp4
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n' > session.mp4
cp text.mp4 note.txt
cp cover.png picture.mp4
cp cover.png img-%03d.png
make -f lavfi -i color=gray:s=7000x7000:d=0.1,format=gray -frames:v 1 -c:v png huge.mov
make -f lavfi -i color=black:s=1280x720:r=30:d=3 $x264 black.mp4
mkfifo pipe.mp4
ln -s nowhere.mp4 dangling.mp4
ln -s loop.mp4 loop.mp4
mkdir nothing badimages
printf 'no image' > badimages/f1.png
ln -s whole.mp4 link.mp4
printf x > secret.mp4
chmod 000 secret.mp4
ln -s secret.mp4 secretlink.mp4

# Images
mkdir -p images mixed
make -i plain.mp4 -frames:v 12 -start_number 1 images/f%d.png
mkdir -p deep
make -f lavfi -i testsrc2=s=40x30:d=0.1 -frames:v 1 -pix_fmt rgb48be deep/d_1.png
make -f lavfi -i testsrc2=s=40x30:d=0.1 -frames:v 1 -pix_fmt gray16be deep/d_2.png
make -f lavfi -i testsrc2=s=40x30:d=0.1 -frames:v 1 -pix_fmt gray deep/d_3.png
make -f lavfi -i testsrc2=s=40x30:d=0.1,format=rgba,colorchannelmixer=aa=0.5 -frames:v 1 deep/d_4.png
make -f lavfi -i testsrc2=s=40x30:d=0.1 -vf "split[a][b];[a]palettegen[p];[b][p]paletteuse" \
  -frames:v 1 -pix_fmt pal8 deep/d_5.png
make -f lavfi -i testsrc2=s=40x30:d=0.1 -frames:v 1 -pix_fmt monob deep/d_6.png
make -f lavfi -i testsrc2=s=41x31:d=0.1 -frames:v 1 -pix_fmt yuvj420p deep/d_7.jpg
make -f lavfi -i testsrc2=s=41x31:d=0.1,format=yuvj444p -frames:v 1 -pix_fmt yuvj444p deep/d_8.jpeg
make -f lavfi -i testsrc2=s=64x48:d=0.1 -frames:v 1 -q:v 3 mixed/m_2.jpg
make -f lavfi -i testsrc2=s=64x48:d=0.1,format=gray -vf crop=50:31:exact=1 -frames:v 1 -q:v 3 -pix_fmt gray mixed/m_10.jpg
make -f lavfi -i testsrc2=s=64x48:d=0.1,format=rgb24 -vf crop=33:47:exact=1 -frames:v 1 mixed/m_9.png
